#include "uploader_fixture.hpp"

#include "support/loop_certificate.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <filesystem>

namespace sluice {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class uploader_test : public with_endpoint {};

TEST_F(uploader_test, a_callback_is_called_later_on_the_loop) {
  uploader up{ioc_.get_executor(), cfg()};
  bool called = false;
  up.async_upload(file("a.jpg"), [&](error_code ec, const upload_result& r) {
    called = true;
    EXPECT_FALSE(ec);
    EXPECT_EQ(r.fate, fate::accepted);
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.attempts, 1u);
    EXPECT_FALSE(r.error);
    EXPECT_TRUE(ioc_.get_executor().running_in_this_thread());
  });
  EXPECT_FALSE(called);
  loop::run_until(ioc_, [&] { return called; });
  ASSERT_EQ(server_.count(), 1u);
  EXPECT_EQ(server_.requests[0].field("file"), "bytes");
  EXPECT_THAT(server_.requests[0].body, HasSubstr("filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n"));
  EXPECT_EQ(server_.requests[0].header("Idempotency-Key").size(), 36u);
}

TEST_F(uploader_test, even_a_request_that_makes_no_sense_is_answered_later) {
  uploader up{ioc_.get_executor(), cfg()};
  for (const auto& request : {upload_request{""}, upload_request::from_source(nullptr, "none.bin"),
                              file("b.jpg").field("x", "{nothing}")}) {
    const auto outcome = start(up, request);
    EXPECT_FALSE(*outcome);
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
    EXPECT_EQ((*outcome)->error, asio::error::invalid_argument);
  }
  EXPECT_EQ(server_.connections, 0u);
}

TEST_F(uploader_test, in_a_coroutine) {
  const auto fates = loop::run(ioc_, [&]() -> asio::awaitable<std::vector<fate>> {
    uploader up{co_await asio::this_coro::executor, cfg()};
    std::vector<fate> all;
    for (const auto* name : {"a", "b"}) {
      auto request = file(name);
      const auto r = co_await up.async_upload(std::move(request), asio::use_awaitable);
      all.push_back(r.fate);
    }
    co_return all;
  });
  EXPECT_EQ(fates, (std::vector{fate::accepted, fate::accepted}));
  EXPECT_EQ(server_.connections, 1u);
}

TEST_F(uploader_test, as_a_future) {
  uploader up{ioc_.get_executor(), cfg()};
  auto uploaded = up.async_upload(file("a"), asio::use_future);
  loop::run_until(ioc_,
                  [&] { return uploaded.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  EXPECT_EQ(uploaded.get().fate, fate::accepted);
  auto drained = up.async_drain(source::directory(files_.path()), asio::use_future);
  loop::run_until(ioc_,
                  [&] { return drained.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  EXPECT_EQ(drained.get().counts[fate::accepted], 1u);
}

TEST_F(uploader_test, deferred_begins_when_it_is_called) {
  uploader up{ioc_.get_executor(), cfg()};
  auto later = up.async_upload(file("a"), asio::deferred);
  settle();
  EXPECT_EQ(server_.count(), 0u);
  bool called = false;
  std::move(later)([&](error_code, const upload_result& r) { called = r.fate == fate::accepted; });
  loop::run_until(ioc_, [&] { return called; });
}

TEST_F(uploader_test, handlers_run_on_their_associated_executor) {
  asio::io_context other;
  uploader up{ioc_.get_executor(), cfg()};
  int called = 0;
  up.async_upload(file("a"), asio::bind_executor(other, [&](error_code, const upload_result&) {
                    EXPECT_TRUE(other.get_executor().running_in_this_thread());
                    ++called;
                  }));
  auto strand = asio::make_strand(ioc_);
  up.async_upload(file("b"), asio::bind_executor(strand, [&](error_code, const upload_result&) {
                    EXPECT_TRUE(strand.running_in_this_thread());
                    ++called;
                  }));
  EXPECT_EQ(other.poll(), 0u);
  EXPECT_FALSE(other.stopped()) << "an operation is work for its handler's executor";
  loop::run_until(ioc_,
                  [&] { return called == 1 && server_.in_flight == 0 && up.progress().in_flight == 0; });
  loop::run_dry(other);
  EXPECT_EQ(called, 2);
}

TEST_F(uploader_test, a_strand_is_enough) {
  uploader up{asio::make_strand(ioc_), cfg()};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
}

TEST_F(uploader_test, bodies_from_memory_have_a_key_each_and_no_disposal) {
  auto c = cfg();
  c.on_success = disposal::remove();
  c.form = {{"n", "{name}"}, {"s", "{size}"}};
  uploader up{ioc_.get_executor(), c};
  for (const std::string bytes : {"from memory", ""}) {
    const auto r = upload(up, data(bytes, "shot.png")).result;
    EXPECT_EQ(r.fate, fate::accepted);
    const auto& seen = server_.requests.back();
    EXPECT_EQ(seen.field("file"), bytes);
    EXPECT_EQ(seen.field("n"), "shot.png");
    EXPECT_EQ(seen.field("s"), std::to_string(bytes.size()));
    EXPECT_THAT(seen.body, HasSubstr("Content-Type: image/png"));
  }
  EXPECT_NE(server_.requests[0].header("Idempotency-Key"), server_.requests[1].header("Idempotency-Key"));
}

TEST_F(uploader_test, extra_fields_come_after_those_of_the_configuration) {
  auto c = cfg();
  c.form = {{"mark", "room-201"}};
  uploader up{ioc_.get_executor(), c};
  upload(up, file("a.jpg").field("of", "{stem}").field("seq", "{seq}"));
  const auto& body = server_.requests.at(0).body;
  EXPECT_LT(body.find("room-201"), body.find("name=\"of\""));
  EXPECT_LT(body.find("name=\"of\""), body.find("name=\"file\""));
  EXPECT_EQ(server_.requests[0].field("of"), "a");
}

TEST_F(uploader_test, an_upload_may_have_a_disposal_of_its_own) {
  fs::create_directory(files_ / "done");
  uploader up{ioc_.get_executor(), cfg()};
  for (const auto& r : {file("removed").on_success(disposal::remove()),
                        file("moved").on_success(disposal::move_to(files_ / "done")), file("kept")})
    EXPECT_EQ(upload(up, r).result.fate, fate::accepted);
  EXPECT_THAT(files_.names(), testing::ElementsAre("done/", "done/moved", "kept"));
}

TEST_F(uploader_test, a_refusal_is_a_fate_not_an_error) {
  auto c = cfg();
  c.on_success = disposal::remove();
  uploader up{ioc_.get_executor(), c};
  server_.say(loop::reply("422 No", std::string(5000, 'n')));
  const auto refused = upload(up, file("a"));
  EXPECT_FALSE(refused.error);
  EXPECT_EQ(refused.result.fate, fate::rejected);
  EXPECT_EQ(refused.result.status, 422);
  EXPECT_EQ(refused.result.error, condition::rejected);
  EXPECT_EQ(refused.result.response, std::string(1024, 'n'));

  server_.say(loop::reply("503 Later"));
  const auto spent = upload(up, file("b"));
  EXPECT_FALSE(spent.error);
  EXPECT_EQ(spent.result.fate, fate::deferred);
  EXPECT_EQ(spent.result.attempts, 3u);
  EXPECT_EQ(spent.result.error, condition::transient);

  EXPECT_EQ(upload(up, files_ / "gone").result.fate, fate::vanished);
  fs::create_symlink(files_ / "a", files_ / "link");
  EXPECT_EQ(upload(up, files_ / "link").result.fate, fate::skipped);
  EXPECT_THAT(files_.names(), testing::ElementsAre("a", "b", "link"));
}

TEST_F(uploader_test, each_attempt_repeats_the_key_and_the_fields) {
  auto c = cfg();
  c.form = {{"now", "{now_ms}"}, {"r", "{random}"}};
  uploader up{ioc_.get_executor(), c};
  server_.say(loop::reply("500 Oops"));
  upload(up, file("a"));
  ASSERT_EQ(server_.count(), 3u);
  for (const auto& r : server_.requests) {
    EXPECT_EQ(r.header("Idempotency-Key"), server_.requests[0].header("Idempotency-Key"));
    EXPECT_EQ(r.field("now"), server_.requests[0].field("now"));
    EXPECT_EQ(r.field("r"), server_.requests[0].field("r"));
  }
}

// A directory that was replaced between two uploads was looked for at its old place: "vanished", or worse,
// another file.
TEST_F(uploader_test, a_path_means_what_it_means_now) {
  uploader up{ioc_.get_executor(), cfg()};
  EXPECT_EQ(upload(up, file("spool/a", "old")).result.fate, fate::accepted);
  fs::rename(files_ / "spool", files_ / "spool.old");
  EXPECT_EQ(upload(up, file("spool/a", "new")).result.fate, fate::accepted);
  EXPECT_EQ(server_.requests.back().field("file"), "new");
}

TEST_F(uploader_test, keeps_the_window) {
  auto c = cfg();
  c.window = window::fixed(3);
  uploader up{ioc_.get_executor(), c};
  server_.hold();
  std::vector<std::shared_ptr<std::optional<upload_outcome>>> all;
  for (int i = 0; i < 20; ++i) all.push_back(start(up, file(std::to_string(i))));
  loop::run_until(ioc_, [&] { return server_.in_flight == 3; });
  settle();
  EXPECT_EQ(server_.in_flight, 3u);
  EXPECT_EQ(up.progress().in_flight, 3u);
  EXPECT_EQ(up.progress().waiting, 17u);
  EXPECT_EQ(up.progress().window, 3u);

  up.set_window(window::fixed(5));
  loop::run_until(ioc_, [&] { return server_.in_flight == 5; });
  up.set_window(window::fixed(1));
  settle();
  EXPECT_EQ(server_.in_flight, 5u) << "what is in flight ends first";
  server_.let_go();
  loop::run_until(ioc_, [&] { return server_.in_flight == 0; });
  server_.most_in_flight = 0;
  loop::run_until(ioc_, [&] { return all.back()->has_value(); });
  EXPECT_LE(server_.most_in_flight, 1u);
  EXPECT_EQ(up.progress().counts[fate::accepted], 20u);
  EXPECT_EQ(up.progress().bytes, 100u);
  EXPECT_EQ(server_.connections, 5u);
}

TEST_F(uploader_test, an_impossible_configuration_says_all_that_is_wrong) {
  config c;
  c.url = "localhost/up", c.window = window::fixed(0), c.success.json = {"nonsense"};
  try {
    uploader up{ioc_.get_executor(), c};
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("url: "), HasSubstr("\nwindow: "), HasSubstr("\nsuccess.json: ")));
  }
}

TEST_F(uploader_test, takes_the_callers_own_tls_context) {
  const loop::authority authority;
  loop::endpoint secure{ioc_, loop::serve_as(authority.issue())};
  auto trusting = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  trusting->add_certificate_authority(asio::buffer(authority.certificate()));
  auto c = cfg();
  c.url = secure.url();
  c.tls.context = *trusting;
  trusting.reset();
  uploader up{ioc_.get_executor(), c};
  c = cfg();
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);

  auto strict = cfg();
  strict.url = secure.url();
  strict.tls.context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  uploader no{ioc_.get_executor(), strict};
  const auto r = upload(no, file("b"));
  EXPECT_EQ(r.result.fate, fate::deferred);
  EXPECT_EQ(r.result.error, errc::tls_identity);
  EXPECT_EQ(secure.count(), 1u);
}

TEST_F(uploader_test, is_a_good_guest) {
  const auto threads = [] {
    const fs::directory_iterator tasks{"/proc/self/task"};
    return std::distance(begin(tasks), end(tasks));
  };
  const auto handlers = [] {
    std::vector<void (*)(int)> all;
    for (int s = 1; s < NSIG; ++s) {
      struct sigaction a{};
      if (::sigaction(s, nullptr, &a) == 0) all.push_back(a.sa_handler);
    }
    return all;
  };
  const auto before = handlers();
  const auto started = threads();
  {
    auto c = cfg();
    c.on_success = disposal::remove();
    uploader up{ioc_.get_executor(), c};
    for (int i = 0; i < 10; ++i) file(std::to_string(i));
    server_.hold();
    const auto outcome = start_drain(up, source::directory(files_.path()));
    loop::run_until(ioc_, [&] { return server_.in_flight == 4; });
    EXPECT_EQ(threads(), started);
    server_.let_go();
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
  }
  EXPECT_EQ(threads(), started);
  EXPECT_EQ(handlers(), before);
}

// A measurement wants each failure as it is: no pause hides the next.
TEST_F(uploader_test, that_does_not_hold_back_waits_for_neither_the_breaker_nor_retry_after) {
  auto c = cfg();
  c.window = window::fixed(1);
  c.retry.retries = 0;
  c.retry.hold_back = false;
  uploader up{ioc_.get_executor(), c};
  server_.say("HTTP/1.1 503 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n");
  std::vector<std::shared_ptr<std::optional<upload_outcome>>> outcomes;
  for (int i = 0; i < 1000; ++i) outcomes.push_back(start(up, data("x")));
  const auto begun = std::chrono::steady_clock::now();
  loop::run_until(ioc_, [&] { return outcomes.back()->has_value(); });
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{5})
      << "a breaker opens nine times, for five probes, an eighth of a second each at least";
  EXPECT_EQ(up.progress().pause.count(), 0);
  EXPECT_EQ(server_.count(), 1000u);
  for (const auto& o : outcomes) EXPECT_EQ((*o)->result.status, 503);
}

}  // namespace
}  // namespace sluice
