// What may change while an uploader lives: whether it works, its headers, its TLS, its log.
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
  EXPECT_TRUE(up.progress().paused);
  server_.let_go();
  loop::run_until(ioc_, [&] { return up.progress().in_flight == 0; });
  settle();
  EXPECT_EQ(up.progress().accepted, 4u);
  EXPECT_EQ(server_.count(), 4u);
  EXPECT_FALSE(*outcome);
  up.resume();
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  EXPECT_EQ((*outcome)->summary.accepted, 10u);
  EXPECT_FALSE(up.progress().paused);
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
  EXPECT_EQ((*drained)->summary.deferred, 3u);
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
  EXPECT_EQ(drain(up, tree(5)).summary.accepted, 5u);
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
  EXPECT_EQ(drain(up, tree(5)).summary.accepted, 5u);
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
  EXPECT_EQ(r.summary.accepted, 2u);
  EXPECT_EQ(r.summary.log_lines_dropped, 0u);
  EXPECT_EQ(std::ranges::count(loop::content_of(files_ / "moved" / "log"), '\n'), 2);
}

}  // namespace
}  // namespace sluice
