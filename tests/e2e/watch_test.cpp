// A source that is followed: files that come later, that come back, that cannot be sent yet.
#include "e2e/watching.hpp"

#include <algorithm>
#include <csignal>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class following : public watching {
 protected:
  bool all_gone(support::process& p) const {
    return p.wait_until([&] { return files.left().empty(); });
  }
};

TEST_F(following, goes_on_with_what_is_put_there) {
  files.add_many(3, 100, "first");
  support::sink to;
  support::process p{watch_command(to)};
  ASSERT_TRUE(all_gone(p)) << p.err();
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_TRUE(p.wait_until([&] { return status().at("state") == "idle"; })) << status();
  files.add_many(20, 1000, "later");
  files.add("deep/er/one", "x");
  ASSERT_TRUE(all_gone(p)) << p.err();
  EXPECT_EQ(threads_of(p), 1u);
  const auto o = stop(p);
  EXPECT_EQ(o.code, 128 + SIGTERM);
  EXPECT_EQ(o.count("accepted"), 24u);
  expect_nothing_lost(to);
  expect_adds_up(o);
}

TEST_F(following, of_an_empty_source_waits) {
  support::sink to;
  support::process p{watch_command(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(status().at("backlog"), 0);
  files.add("a", "1");
  ASSERT_TRUE(all_gone(p)) << p.err();
}

TEST_F(following, drain_sends_what_is_there_and_ends) {
  support::sink to;
  support::process p{watch_command(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add_many(5, 100);
  EXPECT_EQ(ctl({"drain"}).code, 0);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 5u);
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(following, drain_ends_with_1_when_a_file_was_refused) {
  files.add("bad", "1");
  support::sink to{R"([{"status": 422}])"};
  support::process p{watch_command(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 1; })) << p.err();
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(ctl({"drain"}).code, 0);
  EXPECT_EQ(p.wait(), 1) << p.err();
}

TEST_F(following, rescan_on_demand_finds_what_no_event_told) {
  support::sink to;
  auto c = watch_command(to, {"--min-age", "1s"});
  std::ranges::replace(c.arguments, std::string{"200ms"}, std::string{"1h"});
  support::process p{c};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("young", "1");
  EXPECT_TRUE(p.wait_until([&] { return ctl({"rescan"}).code == 0 && files.left().empty(); })) << p.err();
}

TEST_F(following, backlog_is_told_while_paused) {
  support::sink to;
  support::process p{watch_command(to, {"--stats", "50ms"})};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(ctl({"pause"}).code, 0);
  files.add_many(7, 100);
  EXPECT_TRUE(p.wait_until([&] { return status().value("backlog", 0) == 7; })) << status();
  EXPECT_TRUE(says(p, "7 waiting")) << p.err();
  EXPECT_EQ(ctl({"resume"}).code, 0);
  EXPECT_TRUE(all_gone(p)) << p.err();
}

TEST_F(following, age_of_the_oldest_is_told) {
  files.add_many(7, 100);
  const auto hour_ago = std::filesystem::file_time_type::clock::now() - 1h;
  std::filesystem::last_write_time(files / "f-00005.bin", hour_ago);
  support::sink to;
  support::process p{watch_command(to, almost_idle({"--stats", "50ms", "--order-by", "name"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_TRUE(says(p, "6 waiting, the oldest since 1:0")) << p.err();
  EXPECT_TRUE(p.wait_until([&] { return status().value("oldest_age_s", 0.0) >= 3600; })) << status();
}

// The whole window is answered 401 at once: that is one burst, and every file is sent with the new token.
TEST_F(following, token_that_runs_out_under_a_full_window_costs_no_file) {
  files.add_many(40, 100);
  const auto asked = (room / "asked").string();
  support::sink to{R"([{"match": {"header": {"token": "new"}}}, {"status": 401}])"};
  support::process p{watch_command(to, {"-w", "8", "--token-command",
                                        "echo x >>'" + asked + "'; test $(wc -l <'" + asked +
                                            "') = 1 && echo token: old || echo token: new"})};
  ASSERT_TRUE(all_gone(p)) << p.err();
  EXPECT_THAT(support::lines_of(support::content_of(asked)), SizeIs(2))
      << "asked at the start, and once more";
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  expect_nothing_lost(to);
}

// The watch can only wait without a renewal, until the operator mends it with SIGHUP.
TEST_F(following, refused_credentials_wait_for_a_reload) {
  files.add_many(5, 100);
  support::write_file(room / "headers", "token: old\n");
  support::sink to{R"([{"match": {"header": {"token": "new"}}}, {"status": 401}])"};
  support::process p{watch_command(to, {"-w", "1", "-H", "@" + (room / "headers").string()})};
  ASSERT_TRUE(says(p, "the headers are the same as before")) << p.err();
  support::write_file(room / "headers", "token: new\n");
  p.signal(SIGHUP);
  EXPECT_TRUE(all_gone(p)) << p.err();
}

TEST_F(following, endpoint_that_comes_back_gets_everything) {
  files.add_many(5, 100);
  support::sink to{R"([{"status": [503, 503, 503, 503, 200], "per": "rule"}])"};
  support::process p{watch_command(to, {"--retry", "1"})};
  EXPECT_TRUE(all_gone(p)) << p.err();
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  expect_nothing_lost(to);
}

TEST_F(following, log_is_the_memory_of_what_is_kept) {
  files.add_many(4, 100);
  support::sink to;
  const arguments keep{"--on-success", "keep", "--joblog", room / "log"};
  {
    support::process p{watch_command(to, keep)};
    ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
    ASSERT_TRUE(ready(p)) << p.err();
    p.signal(SIGTERM);
    p.wait();
  }
  support::process p{watch_command(to, keep)};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("fresh", "1");
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 5; })) << p.err();
  stop(p);
  EXPECT_THAT(to.ledger(), SizeIs(5));
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
