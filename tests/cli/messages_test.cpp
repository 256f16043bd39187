#include "cli/monitor/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using nlohmann::json;

/// The one value of an event; checks that it is one event, whatever is in it.
json value_of(const std::string& event, const std::string& name) {
  const auto head = "event: " + name + "\ndata: ";
  EXPECT_EQ(event.substr(0, head.size()), head);
  EXPECT_EQ(event.find('\n', head.size()), event.size() - 2) << "data of one line";
  EXPECT_EQ(event.substr(event.size() - 2), "\n\n");
  return json::parse(event.substr(head.size()));
}

instant at(int s) {
  return {std::chrono::steady_clock::time_point{} + std::chrono::seconds{s},
          std::chrono::system_clock::time_point{} + std::chrono::seconds{s}};
}

TEST(messages, errors_carry_any_name) {
  telemetry shown;
  const std::string name = "a\n\ndata: {}\r\n\"\\\xff</script>\u2028";
  file_record r;
  r.fate = fate::rejected, r.path = name, r.reason = "says \"no\" \xc3";
  r.time = std::chrono::system_clock::time_point{} + std::chrono::milliseconds{1500};
  shown.record(r);
  const auto all = value_of(errors_event(shown), "errors");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["file"], "a\\x0a\\x0adata: {}\\x0d\\x0a\"\\\\\\xff</script>\u2028");
  EXPECT_EQ(all[0]["error"], "says \"no\" \ufffd");
  EXPECT_EQ(all[0]["fate"], "rejected");
  EXPECT_EQ(all[0]["time"], 1500);
}

TEST(messages, history_has_gaps_and_a_place) {
  telemetry shown{"a → b"};
  progress p;
  p.backlog = 7;
  shown.sample(p, at(0));
  shown.sample(p, at(12));
  const auto h = value_of(history_event(shown), "history");
  EXPECT_EQ(h["title"], "a → b");
  EXPECT_EQ(h["first"], 0);
  EXPECT_EQ(h["step"], 5);
  EXPECT_EQ(h["points"], json::parse("[[0.0,0,7],null,[0.0,0,7]]"));
}

TEST(messages, now_tells_the_state_and_the_last_point) {
  telemetry shown;
  EXPECT_TRUE(value_of(now_event(shown), "now")["at"].is_null());
  progress p;
  p.in_flight = 3, p.window = 8, p.backlog = 5, p.oldest = std::chrono::system_clock::time_point{};
  p.endpoint.state = endpoint_state::sending;
  shown.sample(p, at(0));
  for (int i = 0; i < 20; ++i) {
    file_record r;
    r.fate = fate::accepted;
    shown.record(r);
  }
  shown.sample(p, at(4));
  const auto n = value_of(now_event(shown), "now");
  EXPECT_EQ(n["state"], "sending");
  EXPECT_EQ(n["in_flight"], 3);
  EXPECT_EQ(n["window"], 8);
  EXPECT_EQ(n["oldest"], 4.0);
  EXPECT_EQ(n["files_per_second"], 5.0);
  EXPECT_EQ(n["fates"]["accepted"], 20);
  EXPECT_EQ(n["at"], 0);
  EXPECT_EQ(n["point"], json::parse("[2.5,0,5]"));
}

}  // namespace
}  // namespace sluice::cli
