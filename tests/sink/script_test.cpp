#include "sink/script.hpp"

#include "sink/request_parser.hpp"
#include "sink/script_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sink {
namespace {

using testing::ElementsAre;

script of(const std::string& rules) { return parse_script(R"({"rules":[)" + rules + "]}"); }

request_facts head_of(std::string_view path, std::uint64_t conn = 1, std::uint64_t request = 1) {
  return {conn, request, path, false, {}, nullptr};
}

request_facts part_of(std::string_view name, const std::vector<name_value>* fields = nullptr) {
  return {1, 1, "/upload", true, name, fields};
}

std::vector<int> statuses(script& s, std::string_view name, int turns) {
  std::vector<int> out;
  for (int i = 0; i < turns; ++i) out.push_back(s.choose(part_of(name)).status);
  return out;
}

TEST(script, lets_the_first_rule_that_matches_win) {
  auto s =
      of(R"({"match":{"name":"a*"},"status":500},{"match":{"path":"/up*"},"status":404},{"status":201})");
  EXPECT_EQ(s.choose(part_of("abc")).status, 500);
  EXPECT_EQ(s.choose(part_of("xyz")).status, 404);
  auto other = part_of("xyz");
  other.path = "/x";
  EXPECT_EQ(s.choose(other).status, 201);
}

TEST(script, matches_headers_whatever_the_case_of_their_names) {
  auto s = of(R"({"match":{"header":{"X-Token":"new","b":"1"}}},{"status":401})");
  request_head head;
  head.add("x-token", "new");
  auto facts = part_of("a");
  facts.head = &head;
  EXPECT_EQ(s.choose(facts).status, 401) << "all of them";
  head.add("b", "1");
  EXPECT_EQ(s.choose(facts).status, 200);
  EXPECT_EQ(s.choose(part_of("a")).status, 401);
}

TEST(script, is_a_good_server_where_no_rule_matches) {
  auto s = of(R"({"match":{"name":"a"},"status":500})");
  const auto choice = s.choose(part_of("b"));
  EXPECT_TRUE(choice.settled);
  EXPECT_EQ(choice.what, nullptr);
  EXPECT_EQ(choice.status, 200);
}

TEST(script, chooses_at_the_head_only_when_no_earlier_rule_needs_the_name) {
  auto s = of(R"({"match":{"path":"/p"},"status":500},{"match":{"name":"a"},"status":501},{"status":502})");
  EXPECT_EQ(s.choose(head_of("/p")).status, 500);
  EXPECT_FALSE(s.choose(head_of("/q")).settled);
  EXPECT_EQ(s.choose(part_of("a")).status, 501);
  EXPECT_EQ(s.choose(part_of("b")).status, 502);
}

TEST(script, matches_connection_request_and_fields) {
  auto s = of(R"({"match":{"conn":2},"status":500},{"match":{"request":7},"status":501},
                 {"match":{"field":{"mark":"x"}},"status":502})");
  EXPECT_EQ(s.choose(head_of("/", 2, 1)).status, 500);
  EXPECT_EQ(s.choose(head_of("/", 1, 7)).status, 501);
  const std::vector<name_value> fields{{"n", "v"}, {"mark", "x"}}, others{{"mark", "y"}};
  EXPECT_EQ(s.choose(part_of("a", &fields)).status, 502);
  EXPECT_EQ(s.choose(part_of("a", &others)).status, 200);
  EXPECT_EQ(s.choose(part_of("a")).status, 200);
}

TEST(script, goes_through_the_statuses_for_each_name_and_repeats_the_last) {
  auto s = of(R"({"status":[503,429,200]})");
  EXPECT_THAT(statuses(s, "a", 2), ElementsAre(503, 429));
  EXPECT_THAT(statuses(s, "b", 4), ElementsAre(503, 429, 200, 200));
  EXPECT_THAT(statuses(s, "a", 2), ElementsAre(200, 200));
}

TEST(script, goes_through_the_statuses_once_for_all_when_told_to) {
  auto s = of(R"({"status":[503,429,200],"per":"rule"})");
  EXPECT_TRUE(s.choose(head_of("/")).settled);
  EXPECT_THAT(statuses(s, "b", 3), ElementsAre(429, 200, 200));
}

TEST(script, stops_matching_after_so_many_times) {
  auto s = of(
      R"({"match":{"name":"a*"},"times":2,"status":500},{"match":{"name":"b*"},"times":1,"per":"rule","status":501})");
  EXPECT_THAT(statuses(s, "a1", 3), ElementsAre(500, 500, 200));
  EXPECT_THAT(statuses(s, "a2", 3), ElementsAre(500, 500, 200));
  EXPECT_THAT(statuses(s, "b1", 2), ElementsAre(501, 200));
  EXPECT_THAT(statuses(s, "b2", 2), ElementsAre(200, 200));
}

TEST(script, keeps_handshake_rules_to_handshakes) {
  auto s = of(
      R"({"match":{"conn":1},"handshake":"stall"},{"match":{"conn":2},"handshake":{"fail":true}},{"status":201})");
  EXPECT_EQ(s.handshake(1), handshake_fault::stall);
  EXPECT_EQ(s.handshake(2), handshake_fault::fail);
  EXPECT_EQ(s.handshake(3), handshake_fault::none);
  EXPECT_EQ(s.choose(head_of("/", 1)).status, 201);
}

TEST(script, decides_no_status_where_none_can_be_read) {
  const auto decides = [](const std::string& rule) {
    return of(rule).choose(part_of("a")).what->decides_status();
  };
  EXPECT_TRUE(decides("{}"));
  EXPECT_TRUE(decides(R"({"cut_reply_after":3})"));
  EXPECT_FALSE(decides(R"({"reply":"none"})"));
  EXPECT_FALSE(decides(R"({"reply":"raw","raw":"x"})"));
  EXPECT_FALSE(decides(R"({"reply":"junk"})"));
  EXPECT_FALSE(decides(R"({"endless":"interim"})"));
  EXPECT_TRUE(decides(R"({"reply":"none","status":200})"));
}

}  // namespace
}  // namespace sink
