#include "core/json_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace sluice::core {
namespace {

using testing::HasSubstr;

bool holds(std::string_view rule, std::string_view body) {
  return json_rule::parse(rule).value().holds(body);
}

TEST(json_rule, compares_what_the_pointer_leads_to) {
  EXPECT_TRUE(holds("/code=0", R"({"code":0})"));
  EXPECT_FALSE(holds("/code=0", R"({"code":1})"));
  EXPECT_FALSE(holds("/code=0", R"({"code":"0"})"));
  EXPECT_FALSE(holds("/code=0", R"({"code":false})"));
  EXPECT_FALSE(holds("/code=0", R"({"code":null})"));
  EXPECT_FALSE(holds("/code=0", R"({"msg":"ok"})"));
  EXPECT_TRUE(holds("/status=\"ok\"", R"({"status":"ok"})"));
  EXPECT_FALSE(holds("/status=\"ok\"", R"({"status":"OK"})"));
  EXPECT_TRUE(holds("/a/b/1=null", R"({"a":{"b":[0,null]}})"));
  EXPECT_TRUE(holds("/x={\"b\":[1,2],\"a\":{}}", R"({"x":{"a":{},"b":[1,2]}})"));
  EXPECT_FALSE(holds("/x=[1,2]", R"({"x":[2,1]})"));
  EXPECT_TRUE(holds("=true", " true\n"));  // the empty pointer is the whole document
  EXPECT_TRUE(holds("/a~1b/m~0n=1", R"({"a/b":{"m~n":1}})"));
  EXPECT_TRUE(holds("/=1", R"({"":1})"));
}

TEST(json_rule, compares_numbers_by_value) {
  EXPECT_TRUE(holds("/code=0", R"({"code":0.0})"));
  EXPECT_TRUE(holds("/code=0.0", R"({"code":0})"));
  EXPECT_TRUE(holds("/code=100", R"({"code":1e2})"));
  EXPECT_TRUE(holds("/code=-1", R"({"code":-1.0})"));
  EXPECT_TRUE(holds("/code=0", R"({"code":-0})"));
  EXPECT_FALSE(holds("/code=0", R"({"code":0.1})"));
}

TEST(json_rule, splits_at_the_first_sign_that_makes_sense) {
  EXPECT_TRUE(holds("/a=b=0", R"({"a=b":0})"));
  EXPECT_TRUE(holds("/a=\"b=c\"", R"({"a":"b=c"})"));
  EXPECT_TRUE(holds("/a==1", R"({"a=":1})"));
  EXPECT_TRUE(holds("/code= 0 ", R"({"code":0})"));
}

TEST(json_rule, keeps_its_text) { EXPECT_EQ(json_rule::parse("/code= 0").value().text(), "/code= 0"); }

TEST(json_rule, is_copied_whole) {
  auto rule = json_rule::parse("/code=0").value();
  const auto copy = rule;
  rule = json_rule::parse("/code=1").value();
  EXPECT_TRUE(copy.holds(R"({"code":0})"));
  EXPECT_EQ(copy.text(), "/code=0");
  EXPECT_FALSE(rule.holds(R"({"code":0})"));
}

TEST(json_rule, says_what_would_work) {
  for (const auto text : {"", "=", "/code", "code=0", "/code=", "/status=ok", "/a~2=0", "/code=0,",
                          "/code='0'", "/a=[1", "/a=\"\xff\""}) {
    const auto rule = json_rule::parse(text);
    ASSERT_TRUE(rule.has_error()) << text;
    EXPECT_THAT(rule.error().what, HasSubstr("write '/code=0' or '/status=\"ok\"'"));
  }
  EXPECT_TRUE(json_rule::parse(std::string_view("/a=0\0", 5)).has_error());
  EXPECT_THAT(json_rule::parse("\x1b=\n").error().what, HasSubstr(R"('\x1b=\x0a')"));
}

TEST(json_rule, does_not_hold_for_what_is_not_json) {
  for (const std::string_view body :
       {"", " ", "<html>", "{", "{\"code\":0", "{\"code\":0}x", "{\"code\":0}{}", "{code:0}", "{'code':0}",
        "\xff", "{\"code\":0,\"x\":\"\xff\"}", "// c\n{\"code\":0}", "{\"code\":0,}", "{\"code\":1e999}"})
    EXPECT_FALSE(holds("/code=0", body)) << body;
  EXPECT_FALSE(holds("/code=0", std::string_view("{\"code\":0}\0", 11)));
}

TEST(json_rule, does_not_hold_for_a_path_that_leads_nowhere) {
  for (const auto body : {"0", "null", "\"code\"", "[0]", "{}", "[{\"code\":0}]"})
    EXPECT_FALSE(holds("/code=0", body));
  EXPECT_FALSE(holds("/0/x=0", "[]"));
  EXPECT_FALSE(holds("/1=0", "[0]"));
  EXPECT_FALSE(holds("/-=0", "[0]"));
  EXPECT_FALSE(holds("/01=0", "[0,0]"));
  EXPECT_FALSE(holds("/99999999999999999999999=0", "[0]"));
  EXPECT_FALSE(holds("/code/x=0", R"({"code":0})"));
}

/// Row 44's cousin: 64 KiB of brackets must cost neither the stack nor much time.
TEST(json_rule, survives_a_body_of_any_depth) {
  constexpr std::size_t size = 64 * 1024;
  const std::string open(size, '['), close(size, ']');
  EXPECT_FALSE(holds("/code=0", open));
  EXPECT_FALSE(holds("/code=0", open.substr(size / 2) + close.substr(size / 2)));
  EXPECT_FALSE(holds("=[[0]]", open.substr(size / 2) + close.substr(size / 2)));
  std::string objects;
  while (objects.size() < size) objects += R"({"a":)";
  EXPECT_FALSE(holds("/a={\"a\":0}", objects));
  EXPECT_FALSE(holds("/a={\"a\":0}", objects + "0" + std::string(objects.size() / 5, '}')));
}

TEST(json_rule, has_a_value_of_64_levels_at_most) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(holds("/a=" + nested(64), "{\"a\":" + nested(64) + "}"));
  EXPECT_FALSE(holds("/a=" + nested(64), "{\"a\":" + nested(65) + "}"));
  EXPECT_TRUE(json_rule::parse("/a=" + nested(65)).has_error());
  EXPECT_TRUE(json_rule::parse("/a=" + nested(30'000)).has_error());
}

TEST(json_rule, survives_every_mutation) {
  std::mt19937_64 random{3};
  const std::string good_rule = R"(/data/items/0/code=[0,"x",{"y":null}])";
  const std::string good_body = R"({"data":{"items":[{"code":[0,"x",{"y":null}]}]}})";
  EXPECT_TRUE(holds(good_rule, good_body));
  const auto mutate = [&](std::string text) {
    for (auto n = random() % 4 + 1; n > 0; --n) text[random() % text.size()] = static_cast<char>(random());
    return text;
  };
  for (int i = 0; i < 5000; ++i) {
    json_rule::parse(good_rule).value().holds(mutate(good_body));
    if (const auto rule = json_rule::parse(mutate(good_rule)); rule.has_value()) rule->holds(good_body);
  }
}

}  // namespace
}  // namespace sluice::core
