// A living uploader may change: whether it works, its headers, its TLS, its log.
#include "uploader_fixture.hpp"

#include "support/loop_certificate.hpp"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class living_uploader : public with_endpoint {
 protected:
  source tree(int files) {
    for (int i = 0; i < files; ++i) file("tree/" + std::to_string(i));
    return source::directory(files_ / "tree");
  }
};

TEST_F(living_uploader, paused_begins_nothing_and_lets_what_is_in_flight_end) {
  uploader up{ioc_.get_executor(), cfg()};
  server_.hold();
  const auto outcome = start_drain(up, tree(10));
  loop::run_until(ioc_, [&] { return server_.in_flight == 4; });
  up.pause();
  EXPECT_EQ(up.progress().endpoint.state, endpoint_state::paused);
  server_.let_go();
  loop::run_until(ioc_, [&] { return up.progress().in_flight == 0; });
  settle();
  EXPECT_EQ(up.progress().counts[fate::accepted], 4u);
  EXPECT_EQ(server_.count(), 4u);
  EXPECT_FALSE(*outcome);
  up.resume();
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->summary.counts[fate::accepted], 10u);
  EXPECT_NE(up.progress().endpoint.state, endpoint_state::paused);
}

TEST_F(living_uploader, paused_can_be_cancelled_and_can_be_paused_before_it_begins) {
  uploader up{ioc_.get_executor(), cfg()};
  up.pause();
  asio::cancellation_signal signal;
  const auto drained = start_drain(up, tree(3), signal.slot());
  const auto waiting = start(up, file("a"));
  settle();
  EXPECT_EQ(server_.connections, 0u);
  signal.emit(asio::cancellation_type::partial);
  loop::run_until(ioc_, [&] { return drained->has_value(); });
  EXPECT_EQ((*drained)->summary.counts[fate::deferred], 3u);
  EXPECT_FALSE(*waiting);
  up.resume(), up.resume();
  loop::run_until(ioc_, [&] { return waiting->has_value(); });
  EXPECT_EQ((*waiting)->result.fate, fate::accepted);
}

TEST_F(living_uploader, header_is_another_from_the_next_request_on) {
  auto c = cfg();
  c.headers = {{"Token", "old"}, {"Other", "stays"}};
  uploader up{ioc_.get_executor(), c};
  upload(up, file("a"));
  up.update_header("token", "new");
  up.update_header("Added", "later");
  upload(up, file("b"));
  ASSERT_EQ(server_.count(), 2u);
  EXPECT_EQ(server_.requests[0].header("Token"), "old");
  EXPECT_EQ(server_.requests[0].header("Added"), "");
  EXPECT_EQ(server_.requests[1].header("Token"), "new");
  EXPECT_EQ(server_.requests[1].header("Other"), "stays");
  EXPECT_EQ(server_.requests[1].header("Added"), "later");
  EXPECT_EQ(server_.connections, 1u) << "no reason to connect again";
}

TEST_F(living_uploader, header_that_cannot_be_sent_changes_nothing) {
  auto c = cfg();
  c.headers = {{"Token", "old"}};
  uploader up{ioc_.get_executor(), c};
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"Token", "a\r\nX: y"}, {"To ken", "x"}, {"Content-Length", "1"}, {"Idempotency-Key", "mine"}})
    EXPECT_THROW(up.update_header(name, value), std::invalid_argument) << name;
  upload(up, file("a"));
  EXPECT_EQ(server_.requests[0].header("Token"), "old");
}

// An uploader that had been refused three times stood still for good, fresh token or not.
TEST_F(living_uploader, endpoint_that_refused_the_old_token_is_asked_with_the_new_one) {
  auto c = cfg();
  c.headers = {{"Token", "old"}};
  c.window = window::fixed(1);
  server_.say([](const loop::got& r) -> asio::awaitable<std::string> {
    co_return loop::reply(r.header("Token") == "new" ? "200 OK" : "401 Unauthorized");
  });
  uploader up{ioc_.get_executor(), c};
  for (int i = 0; i < 2; ++i) EXPECT_EQ(upload(up, file("a")).result.error, errc::auth_refused);
  up.update_header("Token", "new");
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_EQ(drain(up, tree(5)).summary.counts[fate::accepted], 5u);
}

class renewed_uploader : public living_uploader {
 protected:
  /// Takes only what has the value that `accepts` has at the time.
  renewed_uploader() {
    server_.say([this](const loop::got& r) -> asio::awaitable<std::string> {
      co_return loop::reply(r.header("Authorization") == accepts ? "200 OK" : "401 Unauthorized");
    });
  }
  /// Pauses for a renewal at the first 401, as the program does.
  config renewing(uploader*& up) const {
    auto c = cfg();
    c.bearer = "old";
    c.retry.retries = 0;
    c.on_attempt = [&up](const attempt_record& a) {
      if (a.status == 401) up->pause(pause_reason::renewal);
    };
    return c;
  }
  static void give(uploader& up, const std::string& token) {
    up.update_credentials({.bearer = token});
    up.resume(pause_reason::renewal);
  }

  std::string accepts = "Bearer new";
};

// The files whose 401 came first were rejected for good: a drain ended with exit code 1 for a token that was
// renewed.
TEST_F(renewed_uploader, what_the_old_token_met_is_sent_again_with_the_new_one) {
  uploader* at = nullptr;
  uploader up{ioc_.get_executor(), renewing(at)};
  at = &up;
  const auto drained = start_drain(up, tree(10));
  loop::run_until(ioc_, [&] {
    return up.progress().endpoint.state == endpoint_state::renewing && up.progress().in_flight == 0;
  });
  EXPECT_LE(server_.count(), 4u) << "one round of the window";
  EXPECT_FALSE(*drained);
  give(up, "new");
  loop::run_until(ioc_, [&] { return drained->has_value(); });
  EXPECT_FALSE((*drained)->error);
  EXPECT_EQ((*drained)->summary.counts[fate::accepted], 10u);
  EXPECT_EQ((*drained)->summary.counts[fate::rejected], 0u);
}

TEST_F(renewed_uploader, single_upload_is_sent_again_too) {
  uploader* at = nullptr;
  uploader up{ioc_.get_executor(), renewing(at)};
  at = &up;
  const auto one = start(up, file("a"));
  loop::run_until(ioc_, [&] { return up.progress().endpoint.state == endpoint_state::renewing; });
  give(up, "new");
  loop::run_until(ioc_, [&] { return one->has_value(); });
  EXPECT_EQ((*one)->result.fate, fate::accepted);
  EXPECT_EQ((*one)->result.attempts, 2u);
}

// The reply to the old token comes when the new one is in force already.
TEST_F(renewed_uploader, late_refusal_of_the_old_token_says_nothing_of_the_new_one) {
  auto c = cfg();
  c.bearer = "old", c.retry.retries = 0;
  uploader up{ioc_.get_executor(), c};
  server_.say([&, first = true](const loop::got& r) mutable -> asio::awaitable<std::string> {
    if (std::exchange(first, false)) up.update_credentials({.bearer = "new"});
    co_return loop::reply(r.header("Authorization") == accepts ? "200 OK" : "401 Unauthorized");
  });
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
}

TEST_F(renewed_uploader, that_renews_in_vain_is_refused) {
  uploader* at = nullptr;
  uploader up{ioc_.get_executor(), renewing(at)};
  at = &up;
  accepts = "none";
  const auto one = start(up, file("a"));
  int renewals = 0;
  loop::run_until(ioc_, [&] {
    if (up.progress().endpoint.state == endpoint_state::renewing && up.progress().in_flight == 0 && !*one)
      give(up, "new" + std::to_string(++renewals));
    return one->has_value();
  });
  EXPECT_EQ((*one)->result.fate, fate::rejected);
  EXPECT_EQ(server_.count(), 4u) << "the first, and one after each of three renewals";
}

TEST_F(renewed_uploader, that_is_stopped_meanwhile_leaves_the_file_for_another_run) {
  uploader* at = nullptr;
  uploader up{ioc_.get_executor(), renewing(at)};
  at = &up;
  asio::cancellation_signal stop;
  const auto drained = start_drain(up, tree(2), stop.slot());
  loop::run_until(ioc_, [&] {
    return up.progress().endpoint.state == endpoint_state::renewing && up.progress().in_flight == 0;
  });
  stop.emit(asio::cancellation_type::partial);
  loop::run_until(ioc_, [&] { return drained->has_value(); });
  EXPECT_EQ((*drained)->summary.counts[fate::deferred], 2u);
}

TEST_F(living_uploader, credentials_are_others_from_the_next_request_on) {
  auto c = cfg();
  c.user = "me:one";
  uploader up{ioc_.get_executor(), c};
  upload(up, file("a"));
  up.update_credentials({.user = "me:two"});
  upload(up, file("b"));
  up.update_credentials({.bearer = "token"});
  upload(up, file("c"));
  up.update_credentials({});
  upload(up, file("d"));
  ASSERT_EQ(server_.count(), 4u);
  EXPECT_EQ(server_.requests[0].header("Authorization"), "Basic bWU6b25l");
  EXPECT_EQ(server_.requests[1].header("Authorization"), "Basic bWU6dHdv");
  EXPECT_EQ(server_.requests[2].header("Authorization"), "Bearer token");
  EXPECT_EQ(server_.requests[3].header("Authorization"), "");
}

TEST_F(living_uploader, credentials_that_cannot_be_sent_change_nothing) {
  auto c = cfg();
  c.user = "me:one";
  uploader up{ioc_.get_executor(), c};
  EXPECT_THROW(up.update_credentials({.user = "me:a\nb"}), std::invalid_argument);
  EXPECT_THROW(up.update_credentials({.bearer = "two words"}), std::invalid_argument);
  EXPECT_THROW(up.update_credentials({.user = "me", .bearer = "x"}), std::invalid_argument);
  EXPECT_THROW(up.update_header("authorization", "mine"), std::invalid_argument);
  upload(up, file("a"));
  EXPECT_EQ(server_.requests[0].header("Authorization"), "Basic bWU6b25l");
}

TEST_F(living_uploader, tls_is_another_from_the_next_request_on_over_a_new_connection) {
  const loop::authority before, after;
  loop::endpoint secure{ioc_, loop::serve_as(before.issue())};
  auto c = cfg();
  c.url = secure.url();
  c.tls.ca_file = files_.write("before.pem", before.certificate());
  uploader up{ioc_.get_executor(), c};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_EQ(secure.connections, 1u);

  auto missing = c.tls;
  missing.ca_file = files_ / "missing.pem";
  EXPECT_THROW(up.update_tls(missing), std::invalid_argument);
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted) << "the old one is in force";
  EXPECT_EQ(secure.connections, 1u);

  auto renewed = c.tls;
  renewed.ca_file = files_.write("after.pem", after.certificate());
  up.update_tls(renewed);
  EXPECT_EQ(upload(up, file("a")).result.error, errc::tls_identity)
      << "neither an old connection nor an old session leads around the new rules";
  up.update_tls(c.tls);
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
}

TEST_F(living_uploader, tls_is_no_matter_of_plain_http) {
  uploader up{ioc_.get_executor(), cfg()};
  EXPECT_THROW(up.update_tls({}), std::invalid_argument);
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
}

TEST_F(living_uploader, log_that_was_renamed_is_opened_again_and_no_line_is_lost) {
  auto c = cfg();
  c.window = window::fixed(1);
  c.job_log = files_ / "log";
  uploader up{ioc_.get_executor(), c};
  EXPECT_FALSE(up.reopen_job_log()) << "between drains there is nothing to open";
  int answered = 0;
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    if (++answered == 3) {
      fs::rename(files_ / "log", files_ / "log.1");
      EXPECT_FALSE(up.reopen_job_log());
    }
    co_return loop::reply("200 OK");
  });
  EXPECT_EQ(drain(up, tree(5)).summary.counts[fate::accepted], 5u);
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  EXPECT_EQ(lines(loop::content_of(files_ / "log.1")), 2);
  EXPECT_EQ(lines(loop::content_of(files_ / "log")), 3);
}

TEST_F(living_uploader, log_that_cannot_be_opened_again_stays_the_old_one) {
  auto c = cfg();
  c.job_log = files_ / "logs" / "log";
  fs::create_directory(files_ / "logs");
  uploader up{ioc_.get_executor(), c};
  server_.say([&](const loop::got&) -> asio::awaitable<std::string> {
    if (fs::exists(files_ / "logs")) fs::rename(files_ / "logs", files_ / "moved");
    EXPECT_TRUE(up.reopen_job_log());
    co_return loop::reply("200 OK");
  });
  const auto r = drain(up, tree(2));
  EXPECT_EQ(r.summary.counts[fate::accepted], 2u);
  EXPECT_EQ(r.summary.log_lines_dropped, 0u);
  EXPECT_EQ(std::ranges::count(loop::content_of(files_ / "moved" / "log"), '\n'), 2);
}

}  // namespace
}  // namespace sluice
