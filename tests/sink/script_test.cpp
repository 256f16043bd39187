#include "sink/script.hpp"

#include "sink/request_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sink {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

script of(const std::string& rules) { return script::parse(R"({"rules":[)" + rules + "]}"); }

std::string problem(const std::string& json) {
  try {
    script::parse(json);
  } catch (const script_error& e) {
    return e.what();
  }
  return "";
}

std::string rule_problem(const std::string& rule) { return problem(R"({"rules":[)" + rule + "]}"); }

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

TEST(script, reads_every_behaviour) {
  auto s =
      of(R"({"delay_ms":5,"status":[500],"headers":{"Retry-After":"1"},"body":"b","early":10,"then":"keep",
    "cut_request_after":1,"cut_reply_after":2,"how":"rst","reply":"chunked","chunk_ext":";a","trailers":{"T":"u"},
    "raw":"r","extra":"e","idle_bytes":{"after_ms":3,"bytes":"i","then":"close"},"interim":[103,100],
    "slow_reply":{"bytes_per_s":4},"slow_read":{"bytes_per_s":5},"close":true,"no_close_notify":true,
    "ignore_close_notify":true,"continue":false,"endless":"trailer"})");
  const behaviour b = *s.choose(part_of("a")).what;
  EXPECT_EQ(b.delay, milliseconds{5});
  EXPECT_THAT(b.status, ElementsAre(500));
  EXPECT_THAT(b.headers, ElementsAre(name_value{"Retry-After", "1"}));
  EXPECT_EQ(b.body, "b");
  EXPECT_EQ(b.when, early::bytes);
  EXPECT_EQ(b.early_bytes, 10u);
  EXPECT_EQ(b.then, after_early::keep);
  EXPECT_EQ(b.cut_request_after, 1u);
  EXPECT_EQ(b.cut_reply_after, 2u);
  EXPECT_EQ(b.how, ending::rst);
  EXPECT_EQ(b.reply, reply_kind::chunked);
  EXPECT_EQ(b.chunk_ext, ";a");
  EXPECT_THAT(b.trailers, ElementsAre(name_value{"T", "u"}));
  EXPECT_EQ(b.raw, "r");
  EXPECT_EQ(b.extra, "e");
  EXPECT_EQ(b.idle->after, milliseconds{3});
  EXPECT_EQ(b.idle->bytes, "i");
  EXPECT_TRUE(b.idle->close);
  EXPECT_THAT(b.interim, ElementsAre(103, 100));
  EXPECT_EQ(b.slow_reply, 4u);
  EXPECT_EQ(b.slow_read, 5u);
  EXPECT_EQ(b.close, true);
  EXPECT_TRUE(b.no_close_notify);
  EXPECT_TRUE(b.ignore_close_notify);
  EXPECT_EQ(b.continue_after, std::nullopt);
  EXPECT_EQ(b.flood, endless::trailer);
}

TEST(script, names_a_key_it_does_not_know) {
  EXPECT_THAT(problem(R"({"rules":[],"rule":1})"), HasSubstr("unknown key \"rule\" in the script"));
  EXPECT_THAT(rule_problem(R"({}, {"dealy_ms":1})"),
              AllOf(HasSubstr("unknown key \"dealy_ms\" in rules[1]"), HasSubstr("delay_ms")));
  EXPECT_THAT(rule_problem(R"({"match":{"nmae":"x"}})"), HasSubstr("\"nmae\" in \"match\" in rules[0]"));
  EXPECT_THAT(rule_problem(R"({"idle_bytes":{"at":1}})"), HasSubstr("\"at\" in \"idle_bytes\""));
  EXPECT_THAT(rule_problem(R"({"slow_read":{"rate":1}})"), HasSubstr("\"rate\" in \"slow_read\""));
}

TEST(script, names_a_key_whose_value_is_wrong) {
  const std::vector<std::pair<std::string, std::string>> table{
      {R"({"delay_ms":-1})", "delay_ms"},
      {R"({"delay_ms":"1"})", "delay_ms"},
      {R"({"delay_ms":1e12})", "delay_ms"},
      {R"({"status":"ok"})", "status"},
      {R"({"status":99})", "status"},
      {R"({"status":[200,1000]})", "status"},
      {R"({"status":[]})", "status"},
      {R"({"headers":["a"]})", "headers"},
      {R"({"headers":{"a":1}})", "headers"},
      {R"({"early":"body"})", "early"},
      {R"({"then":"leave"})", "close, drain"},
      {R"({"how":"kill"})", "fin, rst, stall"},
      {R"({"reply":"bad"})", "reply"},
      {R"({"endless":"tail"})", "endless"},
      {R"({"close":1})", "close"},
      {R"({"slow_reply":{"bytes_per_s":0}})", "slow_reply"},
      {R"({"handshake":"slow"})", "handshake"},
      {R"({"continue":"no"})", "continue"},
      {R"({"match":[]})", "match"},
      {R"({"per":"file"})", "per"},
      {"1", "rules[0]"},
  };
  for (const auto& [rule, key] : table) EXPECT_THAT(rule_problem(rule), HasSubstr(key)) << rule;
  EXPECT_THAT(problem("{"), HasSubstr("not JSON"));
  EXPECT_THAT(problem("{}"), HasSubstr("\"rules\""));
  EXPECT_THAT(problem("[]"), HasSubstr("not an object"));
}

TEST(script, refuses_rules_that_could_never_act) {
  EXPECT_THAT(rule_problem(R"({"match":{"name":"a"},"handshake":"fail"})"), HasSubstr("\"conn\" only"));
  EXPECT_THAT(rule_problem(R"({"match":{"name":"a"},"early":"headers"})"), HasSubstr("early"));
  EXPECT_THAT(rule_problem(R"({"status":[500,200],"early":"headers"})"), HasSubstr("per"));
  EXPECT_EQ(rule_problem(R"({"status":[500,200],"per":"rule","early":"headers"})"), "");
}

TEST(script, takes_comments) { EXPECT_EQ(problem("{\"rules\":[/* none */]} // end"), ""); }

}  // namespace
}  // namespace sink
