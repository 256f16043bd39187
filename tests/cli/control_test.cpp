#include "cli/watch/control_request.hpp"
#include "cli/watch/control_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using command = control_request::command;

TEST(control_request, survives_its_way) {
  struct row {
    std::vector<std::string> words;
    command what;
  };
  for (const auto& [words, what] :
       {row{{"status"}, command::status}, row{{"pause"}, command::pause}, row{{"resume"}, command::resume},
        row{{"window", "auto"}, command::window}, row{{"rate", "off"}, command::rate},
        row{{"limit-rate", "2M"}, command::limit_rate}, row{{"rescan"}, command::rescan},
        row{{"drain"}, command::drain}}) {
    std::string problem;
    const auto r = parse_request_line(request_line(words), problem);
    ASSERT_TRUE(r) << words[0] << ": " << problem;
    EXPECT_EQ(r->what, what);
  }
}

TEST(control_request, has_the_values_of_the_options) {
  std::string problem;
  const auto of = [&](std::vector<std::string> words) { return parse_request(words, problem).value(); };
  EXPECT_EQ(of({"window", "7"}).window.size(), 7u);
  EXPECT_FALSE(of({"window", "7"}).window.is_automatic());
  EXPECT_TRUE(of({"window", "auto"}).window.is_automatic());
  EXPECT_DOUBLE_EQ(of({"rate", "60/m"}).requests_per_second, 1);
  EXPECT_DOUBLE_EQ(of({"rate", "off"}).requests_per_second, 0);
  EXPECT_EQ(of({"limit-rate", "2k"}).bytes_per_second, 2048u);
  EXPECT_EQ(of({"limit-rate", "off"}).bytes_per_second, 0u);
}

TEST(control_request, of_another_kind_is_told_what_is_wrong) {
  for (const char* line :
       {"", "{", "[]", "1", "null", R"({"command":1})", R"({"value":"1"})", R"({"command":"x"})",
        R"({"command":"window"})", R"({"command":"window","value":1})", R"({"command":"window","value":"0"})",
        R"({"command":"window","value":"99999999999999999999"})", R"({"command":"rate","value":"0"})",
        R"({"command":"rate","value":"nan"})", R"({"command":"limit-rate","value":"0"})",
        R"({"command":"status","value":"x"})", "{\"command\":\"\\u0000\\u001b\"}"}) {
    std::string problem;
    EXPECT_FALSE(parse_request_line(line, problem)) << line;
    EXPECT_FALSE(problem.empty()) << line;
    EXPECT_THAT(problem, AllOf(Not(HasSubstr("\n")), Not(HasSubstr("\x1b")))) << line;
  }
}

TEST(control_reply, is_ok_or_says_why_not) {
  EXPECT_EQ(error_of(reply_line("")), "");
  EXPECT_EQ(error_of(reply_line("no\nway\xff")), "no\\x0away\xef\xbf\xbd");
  for (const char* line : {"", "x", "[]", "{}", R"({"ok":1})"})
    EXPECT_EQ(error_of(line), std::nullopt) << line;
  EXPECT_EQ(error_of(R"({"ok":false})"), "refused");
  EXPECT_EQ(error_of(R"({"ok":false,"error":5})"), "refused");
}

watch_status some_status() {
  watch_status s;
  s.url = "https://host/upload", s.sources = {"/var/spool/a", "/b\x1b\xff"};
  s.at = std::chrono::system_clock::time_point{} + 1000s;
  s.progress.endpoint = {endpoint_state::refused, s.at - 65s, "the endpoint refuses us: 401\x1b"};
  s.progress.backlog = 1204, s.progress.oldest = s.at - 41s;
  s.progress.window = 24, s.progress.in_flight = 23;
  s.progress.counts.add(fate::accepted, 120332), s.progress.counts.add(fate::rejected, 2);
  s.progress.elapsed = 3h + 5min + 12s;
  s.now = {310, 1e7};
  s.requests_per_second = 5;
  s.reasons = {{fate::rejected, 2, "status 404, no such room", "cam1/a\xff.jpg"}};
  return s;
}

TEST(control_status, has_figures_for_programs) {
  const auto line = status_line(some_status());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  const auto text = status_json(line);
  ASSERT_TRUE(text);
  const auto j = nlohmann::json::parse(*text);
  EXPECT_EQ(j.at("backlog"), 1204);
  EXPECT_EQ(j.at("oldest_age_s"), 41);
  EXPECT_EQ(j.at("accepted"), 120332);
  EXPECT_EQ(j.at("uptime_s"), 11112);
  EXPECT_EQ(j.at("state"), "refused");
  EXPECT_EQ(j.at("state_age_s"), 65);
  EXPECT_EQ(j.at("state_why"), "the endpoint refuses us: 401\x1b");
  EXPECT_EQ(j.at("rate"), 5);
  EXPECT_EQ(j.at("reasons").at(0).at("fate"), "rejected");
  EXPECT_EQ(j.at("reasons").at(0).at("count"), 2);
  EXPECT_EQ(j.at("reasons").at(0).at("reason"), "status 404, no such room");
}

TEST(control_status, has_lines_for_people) {
  const auto text = status_text(status_line(some_status()));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, AllOf(HasSubstr("watching    /var/spool/a, /b\\x1b"),
                           HasSubstr("state       refused for 1:05: the endpoint refuses us: 401\\x1b\n"),
                           HasSubstr("window      24 (auto), 23 in flight  at most 5.00/s\n"),
                           HasSubstr("waiting     1,204 files, the oldest since 0:41\n"),
                           HasSubstr("accepted    120,332  310/s  10.0 MB/s\n"), HasSubstr("2 rejected"),
                           HasSubstr("rejected: 2 × status 404, no such room, e.g. 'cam1/a")));
}

TEST(control_status, of_another_kind_is_none) {
  for (const char* line : {"", "{}", R"({"ok":true})", R"({"ok":true,"status":[]})"}) {
    EXPECT_FALSE(status_text(line)) << line;
    EXPECT_FALSE(status_json(line)) << line;
  }
  EXPECT_FALSE(status_text(R"({"ok":true,"status":{"url":1}})"));
}

TEST(followed_text, has_what_waits_and_how_long) {
  progress p;
  p.window = 4, p.waiting = 2, p.backing_off = 1;
  const auto now = std::chrono::system_clock::now();
  EXPECT_EQ(followed_text(p, now), "  window 4  what waits is not known yet");
  p.backlog = 1500, p.oldest = now - 65s;
  EXPECT_EQ(followed_text(p, now), "  window 4  1,500 waiting, the oldest since 1:05");
  p.oldest = now + 1h;
  EXPECT_EQ(oldest_age(p, now), 0) << "a clock that was set back";
}

}  // namespace
}  // namespace sluice::cli
