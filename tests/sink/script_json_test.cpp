#include "sink/script_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sink {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string problem(const std::string& json) {
  try {
    parse_script(json);
  } catch (const script_error& e) {
    return e.what();
  }
  return "";
}

std::string rule_problem(const std::string& rule) { return problem(R"({"rules":[)" + rule + "]}"); }

TEST(script_json, reads_every_behaviour) {
  auto s = parse_script(
      R"({"rules":[{"delay_ms":5,"status":[500],"headers":{"Retry-After":"1"},"body":"b","early":10,"then":"keep",
    "cut_request_after":1,"cut_reply_after":2,"how":"rst","reply":"chunked","chunk_ext":";a","trailers":{"T":"u"},
    "raw":"r","extra":"e","idle_bytes":{"after_ms":3,"bytes":"i","then":"close"},"interim":[103,100],
    "slow_reply":{"bytes_per_s":4},"slow_read":{"bytes_per_s":5},"close":true,"no_close_notify":true,
    "ignore_close_notify":true,"continue":false,"endless":"trailer"}]})");
  request_facts facts;
  facts.part_known = true;
  const behaviour b = *s.choose(facts).what;
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

TEST(script_json, names_a_key_it_does_not_know) {
  EXPECT_THAT(problem(R"({"rules":[],"rule":1})"), HasSubstr("unknown key \"rule\" in the script"));
  EXPECT_THAT(rule_problem(R"({}, {"dealy_ms":1})"),
              AllOf(HasSubstr("unknown key \"dealy_ms\" in rules[1]"), HasSubstr("delay_ms")));
  EXPECT_THAT(rule_problem(R"({"match":{"nmae":"x"}})"), HasSubstr("\"nmae\" in \"match\" in rules[0]"));
  EXPECT_THAT(rule_problem(R"({"idle_bytes":{"at":1}})"), HasSubstr("\"at\" in \"idle_bytes\""));
  EXPECT_THAT(rule_problem(R"({"slow_read":{"rate":1}})"), HasSubstr("\"rate\" in \"slow_read\""));
}

TEST(script_json, names_a_key_whose_value_is_wrong) {
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

TEST(script_json, refuses_rules_that_could_never_act) {
  EXPECT_THAT(rule_problem(R"({"match":{"name":"a"},"handshake":"fail"})"), HasSubstr("\"conn\" only"));
  EXPECT_THAT(rule_problem(R"({"match":{"name":"a"},"early":"headers"})"), HasSubstr("early"));
  EXPECT_THAT(rule_problem(R"({"status":[500,200],"early":"headers"})"), HasSubstr("per"));
  EXPECT_EQ(rule_problem(R"({"status":[500,200],"per":"rule","early":"headers"})"), "");
}

TEST(script_json, takes_comments) { EXPECT_EQ(problem("{\"rules\":[/* none */]} // end"), ""); }

}  // namespace
}  // namespace sink
