#include "sink/conduct.hpp"
#include "sink/script_json.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace sink {
namespace {

constexpr auto unbounded = std::numeric_limits<std::uint64_t>::max();

// A conduct whose script has these rules.
struct scripted_conduct {
  explicit scripted_conduct(const std::string& list) : rules{parse_script(R"({"rules":[)" + list + "]}")} {}
  void begin(std::string_view path = "/") {
    way.begin_request();
    facts = {};
    facts.path = path;
    way.choose(facts);
  }
  void learn(std::string_view name) {
    facts.part_known = true;
    facts.name = name;
    way.choose(facts);
  }
  script rules;
  conduct way{rules};
  request_facts facts;
};

TEST(conduct, is_good_until_a_rule_is_chosen_and_in_the_next_request) {
  scripted_conduct c{R"({"match":{"name":"a"},"status":500,"cut_request_after":3})"};
  c.begin();
  EXPECT_FALSE(c.way.scripted());
  EXPECT_FALSE(c.way.cut_at(3));
  c.learn("a");
  EXPECT_TRUE(c.way.scripted());
  EXPECT_EQ(c.way.status(), 500);
  EXPECT_TRUE(c.way.cut_at(3));
  c.begin();
  EXPECT_FALSE(c.way.scripted());
  EXPECT_EQ(c.way.status(), 200);
  EXPECT_FALSE(c.way.cut_at(3));
}

TEST(conduct, chooses_once_for_a_request) {
  scripted_conduct c{R"({"status":[500,501],"per":"rule"})"};
  c.begin();
  c.learn("a");
  EXPECT_EQ(c.way.status(), 500);
  c.begin();
  EXPECT_EQ(c.way.status(), 501);
}

TEST(conduct, stops_at_the_byte_of_a_cut_and_of_an_early_reply) {
  scripted_conduct c{R"({"early":4,"then":"drain","cut_request_after":9})"};
  c.begin();
  EXPECT_EQ(c.way.bytes_to_next_stop(1), 3u);
  EXPECT_FALSE(c.way.early_at(3, true));
  EXPECT_TRUE(c.way.early_at(4, false));
  EXPECT_EQ(c.way.bytes_to_next_stop(4), 5u);
  EXPECT_FALSE(c.way.cut_at(8));
  EXPECT_TRUE(c.way.cut_at(9));
  EXPECT_EQ(c.way.bytes_to_next_stop(9), unbounded);
}

TEST(conduct, has_one_early_reply_a_request) {
  scripted_conduct c{R"({"match":{"path":"/bytes"},"early":4},{"match":{"path":"/head"},"early":"headers"},
                        {"match":{"path":"/part"},"early":"part"})"};
  c.begin("/head");
  EXPECT_TRUE(c.way.early_at(0, false));
  c.begin("/part");
  EXPECT_FALSE(c.way.early_at(99, false));
  EXPECT_TRUE(c.way.early_at(99, true));
  for (int turn = 0; turn < 2; ++turn) {
    c.begin("/bytes");
    EXPECT_TRUE(c.way.early_at(4, false));
    c.way.note_early_reply();
    EXPECT_FALSE(c.way.early_at(4, false));
    EXPECT_EQ(c.way.bytes_to_next_stop(0), unbounded);
  }
}

TEST(conduct, keeps_what_a_rule_lays_down_for_the_connection) {
  scripted_conduct c{R"({"match":{"path":"/bad"},"no_close_notify":true,"ignore_close_notify":true,
                         "idle_bytes":{"bytes":"x"}},{"match":{"path":"/quiet"}})"};
  c.begin("/none");
  EXPECT_TRUE(c.way.notifies());
  EXPECT_FALSE(c.way.holds_at_end());
  c.begin("/bad");
  c.begin("/none");
  EXPECT_FALSE(c.way.notifies());
  EXPECT_TRUE(c.way.holds_at_end());
  const auto idle = c.way.take_idle();
  ASSERT_TRUE(idle);
  EXPECT_EQ(idle->bytes, "x");
  EXPECT_FALSE(c.way.take_idle()) << "once";
  c.begin("/bad");
  c.begin("/quiet");
  EXPECT_FALSE(c.way.take_idle()) << "a rule without them takes them back";
}

TEST(conduct, ends_a_failed_handshake_without_close_notify) {
  scripted_conduct c{R"({"match":{"conn":1},"handshake":"stall"},{"match":{"conn":2},"handshake":"fail"})"};
  EXPECT_EQ(c.way.handshake(1), handshake_fault::stall);
  EXPECT_EQ(c.way.handshake(3), handshake_fault::none);
  EXPECT_TRUE(c.way.notifies());
  EXPECT_EQ(c.way.handshake(2), handshake_fault::fail);
  EXPECT_FALSE(c.way.notifies());
}

}  // namespace
}  // namespace sink
