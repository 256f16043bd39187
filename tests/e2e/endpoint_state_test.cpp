// The state of the endpoint: the same word in every view, within three attempts, and one line on standard
// error.
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

class endpoint_state : public watching {
 protected:
  endpoint_state() { files.add_many(40, 100); }

  /// A watch that shows all it can, its line each second.
  support::command shown(const support::sink& to, arguments more = {}) const {
    more.insert(more.begin(), {"--status", "127.0.0.1:0", "--stats", "1s", "-w", "1", "--reply-time", "1s",
                               "--connect-timeout", "1s", "--speed-time", "1s", "-v"});
    return watch_command(to, std::move(more));
  }
  static std::string page_of(support::process& p) {
    const std::string before = "status on ";
    EXPECT_TRUE(says(p, before + "http")) << p.err();
    const auto at = p.err().find(before) + before.size();
    const auto all = p.err();
    return all.substr(at, all.find('\n', at) - at);
  }
  static std::string fetched(const std::string& url) {
    return support::run({{"/usr/bin/curl", "-sS", "-m", "5", url}}).out;
  }

  std::string state() const {
    const auto s = status();
    return s.is_object() ? s.value("state", "") : "";
  }
  /// Every view says `word`, and why.
  void expect_shown(support::process& p, const std::string& word, const std::string& why, bool healthy) {
    const auto page = page_of(p);
    ASSERT_TRUE(p.wait_until([&] { return state() == word; })) << status() << p.err();
    EXPECT_THAT(status().at("state_why").get<std::string>(), HasSubstr(why));
    EXPECT_THAT(ctl({"status"}).out, AllOf(HasSubstr("state       " + word), HasSubstr(why)));
    EXPECT_TRUE(says(p, "  " + word)) << p.err();
    std::string metrics;
    EXPECT_TRUE(p.wait_until([&] {
      metrics = fetched(page + "metrics");
      return metrics.find("sluice_endpoint_state{state=\"" + word + "\"} 1\n") != std::string::npos;
    })) << metrics;
    EXPECT_THAT(metrics, HasSubstr(word == "paused" ? "sluice_paused 1\n" : "sluice_paused 0\n"));
    EXPECT_THAT(fetched(page + "healthz"), AllOf(HasSubstr(word), HasSubstr(why)));
    const auto code = support::run(
        {{"/usr/bin/curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", page + "healthz"}});
    EXPECT_EQ(code.out, healthy ? "200" : "503");
  }
  static std::size_t told(support::process& p, const std::string& text) {
    const auto lines = support::lines_of(p.err());
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const auto& l) { return l.find("sluice: " + text) == 0; }));
  }
};

TEST_F(endpoint_state, of_a_server_that_answers_too_late_is_no_replies) {
  const support::sink to{R"([{"delay_ms": 2000}])"};
  support::process p{shown(to)};
  expect_shown(p, "no replies", "no reply comes to its end", false);
  EXPECT_LE(status().at("attempts"), 4);
  EXPECT_EQ(told(p, "no reply comes to its end"), 1u) << p.err();
  EXPECT_THAT(files.left(), SizeIs(40));
}

TEST_F(endpoint_state, of_a_server_that_was_stopped_is_told_within_three_attempts) {
  const support::sink to{R"([{"delay_ms": 20}])"};
  support::process p{shown(to)};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 2; })) << p.err();
  to.signal(SIGSTOP);
  const auto before = status().at("attempts").get<int>();
  const bool seen = p.wait_until([&] { return state() == "no replies" || state() == "unreachable"; });
  const auto after = status().at("attempts").get<int>();
  to.signal(SIGCONT);
  ASSERT_TRUE(seen) << p.err();
  EXPECT_LE(after, before + 3);
  const auto lines = [&] {
    return told(p, "no reply comes to its end") + told(p, "the endpoint cannot be reached");
  };
  EXPECT_TRUE(p.wait_until([&] { return lines() > 0; })) << p.err();
  EXPECT_EQ(lines(), 1u) << p.err();
  EXPECT_TRUE(p.wait_until([&] { return files.left().empty(); })) << p.err();
}

TEST_F(endpoint_state, of_a_rule_that_no_reply_meets_is_refused) {
  for (const char* rule : {R"(/code=7)", R"(/nothing/there=1)"}) {
    const support::sink to;
    support::process p{shown(to, {"--success-json", rule})};
    ASSERT_TRUE(p.wait_until([&] { return state() == "refused"; })) << status() << p.err();
    expect_shown(p, "refused", "no reply meets the success rule", false);
    EXPECT_EQ(told(p, "no reply meets the success rule"), 1u) << p.err();
    stop(p);
    EXPECT_THAT(files.left(), SizeIs(40));
  }
}

TEST_F(endpoint_state, of_credentials_that_are_refused_is_refused) {
  const support::sink to{R"([{"status": 401}])"};
  support::process p{shown(to)};
  expect_shown(p, "refused", "the endpoint refuses us", false);
  EXPECT_EQ(told(p, "the endpoint refuses us"), 1u) << p.err();
}

TEST_F(endpoint_state, of_a_server_that_asks_to_wait_is_held_back) {
  const support::sink to{R"([{"status": 503, "headers": {"Retry-After": "60"}}])"};
  support::process p{shown(to)};
  expect_shown(p, "held back", "Retry-After", true);
}

TEST_F(endpoint_state, of_a_pause_is_paused) {
  const support::sink to{R"([{"delay_ms": 300}])"};
  support::process p{shown(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(ctl({"pause"}).code, 0);
  expect_shown(p, "paused", "until it is resumed", false);
}

// The renewal holds the uploads back like a pause, and nobody asked for one.
TEST_F(endpoint_state, of_fresh_headers_under_way_is_renewing) {
  const support::sink to{R"([{"status": 401}])"};
  const auto command = "test -e " + (room / "asked").string() + " && sleep 20; touch " +
                       (room / "asked").string() + "; echo app_key: 1";
  support::process p{shown(to, {"--token-command", command})};
  expect_shown(p, "renewing", "fresh headers", true);
  p.signal(SIGKILL);
}

TEST_F(endpoint_state, of_a_source_that_is_drained_is_idle) {
  const support::sink to;
  support::process p{shown(to)};
  ASSERT_TRUE(p.wait_until([&] { return state() == "idle"; })) << status();
  const auto page = page_of(p);
  EXPECT_TRUE(p.wait_until([&] { return fetched(page + "healthz") == "idle\n"; }))
      << fetched(page + "healthz");
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(endpoint_state, is_told_by_send_too) {
  const support::sink to;
  const auto o = outcome_of(*std::make_unique<support::process>(
      send_command(to, {"--success-json", "/code=7", "-w", "1", "--progress", "none"})));
  EXPECT_THAT(o.err, HasSubstr("sluice: no reply meets the success rule")) << o.err;
}

}  // namespace
}  // namespace e2e
