#include "core/http/json_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace sluice::core {
namespace {

using testing::HasSubstr;

bool is_met(std::string_view rule, std::string_view body) {
  return json_rule::parse(rule).value().ask(body).what == finding::answer::holds;
}

TEST(json_rule, compares_what_the_pointer_leads_to) {
  EXPECT_TRUE(is_met("/code=0", R"({"code":0})"));
  EXPECT_FALSE(is_met("/code=0", R"({"code":1})"));
  EXPECT_FALSE(is_met("/code=0", R"({"code":"0"})"));
  EXPECT_FALSE(is_met("/code=0", R"({"code":false})"));
  EXPECT_FALSE(is_met("/code=0", R"({"code":null})"));
  EXPECT_FALSE(is_met("/code=0", R"({"msg":"ok"})"));
  EXPECT_TRUE(is_met("/status=\"ok\"", R"({"status":"ok"})"));
  EXPECT_FALSE(is_met("/status=\"ok\"", R"({"status":"OK"})"));
  EXPECT_TRUE(is_met("/a/b/1=null", R"({"a":{"b":[0,null]}})"));
  EXPECT_TRUE(is_met("/x={\"b\":[1,2],\"a\":{}}", R"({"x":{"a":{},"b":[1,2]}})"));
  EXPECT_FALSE(is_met("/x=[1,2]", R"({"x":[2,1]})"));
  EXPECT_TRUE(is_met("=true", " true\n"));  // the empty pointer is the whole document
  EXPECT_TRUE(is_met("/a~1b/m~0n=1", R"({"a/b":{"m~n":1}})"));
  EXPECT_TRUE(is_met("/=1", R"({"":1})"));
}

TEST(json_rule, compares_numbers_by_value) {
  EXPECT_TRUE(is_met("/code=0", R"({"code":0.0})"));
  EXPECT_TRUE(is_met("/code=0.0", R"({"code":0})"));
  EXPECT_TRUE(is_met("/code=100", R"({"code":1e2})"));
  EXPECT_TRUE(is_met("/code=-1", R"({"code":-1.0})"));
  EXPECT_TRUE(is_met("/code=0", R"({"code":-0})"));
  EXPECT_FALSE(is_met("/code=0", R"({"code":0.1})"));
}

TEST(json_rule, splits_at_the_first_sign_that_makes_sense) {
  EXPECT_TRUE(is_met("/a=b=0", R"({"a=b":0})"));
  EXPECT_TRUE(is_met("/a=\"b=c\"", R"({"a":"b=c"})"));
  EXPECT_TRUE(is_met("/a==1", R"({"a=":1})"));
  EXPECT_TRUE(is_met("/code= 0 ", R"({"code":0})"));
}

TEST(json_rule, keeps_its_text) { EXPECT_EQ(json_rule::parse("/code= 0").value().text(), "/code= 0"); }

TEST(json_rule, is_copied_whole) {
  auto rule = json_rule::parse("/code=0").value();
  const auto copy = rule;
  rule = json_rule::parse("/code=1").value();
  EXPECT_EQ(copy.ask(R"({"code":0})").what, finding::answer::holds);
  EXPECT_EQ(copy.text(), "/code=0");
  EXPECT_EQ(rule.ask(R"({"code":0})").what, finding::answer::differs);
}

/// A file of the bytes `abc`.
const digests of_abc = [] {
  digests d;
  d[digest_kind::crc32] = "\x35\x24\x41\xc2";
  d[digest_kind::md5] = "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72";
  return d;
}();
const template_values abc{.path = "d/a.jpg", .size = 3, .digests = &of_abc};

finding asked(std::string_view rule, std::string_view body) {
  return json_rule::parse(rule).value().ask(body, abc);
}

TEST(json_rule, compares_a_digest_with_what_the_server_says) {
  using enum finding::answer;
  const std::string_view rule = R"(/crc="{crc32}")";
  EXPECT_EQ(asked(rule, R"({"crc":"352441c2"})").what, holds);
  EXPECT_EQ(asked(rule, R"({"crc":"352441C2"})").what, holds) << "hexadecimal digits have no case";
  EXPECT_EQ(asked(rule, R"({"crc":"352441c20"})").what, disproves);
  EXPECT_EQ(asked(rule, R"({"crc":""})").what, disproves);
  EXPECT_EQ(asked(rule, R"({"crc":["352441c2"]})").what, disproves);
  EXPECT_EQ(asked(rule, R"({"crc":null})").what, silent);
  EXPECT_EQ(asked(rule, R"({"sum":"352441c2"})").what, silent);
  EXPECT_EQ(asked(rule, R"([])").what, silent);
  EXPECT_EQ(asked(rule, "no JSON").what, inapplicable);
  EXPECT_EQ(asked(R"(/crc="{crc32:base64}")", R"({"crc":"NSRBwg=="})").what, holds);
  EXPECT_EQ(asked(R"(/crc="{crc32:base64}")", R"({"crc":"nsrbWG=="})").what, disproves) << "Base64 has";
  const auto found = asked(rule, R"({"crc":"00000000"})");
  EXPECT_EQ(found.ours, "352441c2");
  EXPECT_EQ(found.theirs, "00000000");
}

TEST(json_rule, never_holds_for_a_digest_that_nobody_computed) {
  for (const auto body : {R"({"h":""})", R"({"h":"x"})"})
    EXPECT_NE(asked(R"(/h="{sha256}")", body).what, finding::answer::holds) << body;
}

TEST(json_rule, compares_a_size_with_a_number_or_its_digits) {
  using enum finding::answer;
  for (const auto rule : {R"(/size="{size}")", "/size={size}"}) {
    EXPECT_EQ(asked(rule, R"({"size":3})").what, holds) << rule;
    EXPECT_EQ(asked(rule, R"({"size":"3"})").what, holds) << rule;
    EXPECT_EQ(asked(rule, R"({"size":4})").what, disproves) << rule;
    EXPECT_EQ(asked(rule, R"({"size":3.5})").what, disproves) << rule;
    EXPECT_EQ(asked(rule, R"({})").what, silent) << rule;
  }
}

TEST(json_rule, refuses_where_another_template_differs) {
  using enum finding::answer;
  EXPECT_EQ(asked(R"(/name="{name}")", R"({"name":"a.jpg"})").what, holds);
  EXPECT_EQ(asked(R"(/name="{name}")", R"({"name":"A.JPG"})").what, differs);
  EXPECT_EQ(asked(R"(/name="{name}")", R"({})").what, differs) << "it proves nothing of the bytes";
  EXPECT_FALSE(json_rule::parse(R"(/name="{name}")").value().is_proof());
  EXPECT_TRUE(json_rule::parse(R"(/s="{size}")").value().is_proof());
  EXPECT_TRUE(json_rule::parse(R"(/s="{sha1}")").value().digests().contains(digest_kind::sha1));
  EXPECT_TRUE(json_rule::parse(R"(/code=0)").value().digests().empty());
}

TEST(json_rule, takes_templates_in_a_string_alone) {
  EXPECT_TRUE(is_met(R"(/a={"b":1})", R"({"a":{"b":1}})"));
  EXPECT_TRUE(is_met(R"(/a="{{b}}")", R"({"a":"{b}"})"));
  EXPECT_THAT(json_rule::parse(R"(/a="{nothing}")").error().what, HasSubstr("unknown template {nothing}"));
  EXPECT_THAT(json_rule::parse(R"(/a={nothing})").error().what, HasSubstr("unknown template {nothing}"));
  const std::vector<std::string> groups{"box"};
  const std::vector<std::string_view> values{"12"};
  EXPECT_EQ(json_rule::parse(R"(/box="{box}")", groups).value().ask(R"({"box":12})", {.groups = values}).what,
            finding::answer::holds);
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
    EXPECT_FALSE(is_met("/code=0", body)) << body;
  EXPECT_FALSE(is_met("/code=0", std::string_view("{\"code\":0}\0", 11)));
}

TEST(json_rule, does_not_hold_for_a_path_that_leads_nowhere) {
  for (const auto body : {"0", "null", "\"code\"", "[0]", "{}", "[{\"code\":0}]"})
    EXPECT_FALSE(is_met("/code=0", body));
  EXPECT_FALSE(is_met("/0/x=0", "[]"));
  EXPECT_FALSE(is_met("/1=0", "[0]"));
  EXPECT_FALSE(is_met("/-=0", "[0]"));
  EXPECT_FALSE(is_met("/01=0", "[0,0]"));
  EXPECT_FALSE(is_met("/99999999999999999999999=0", "[0]"));
  EXPECT_FALSE(is_met("/code/x=0", R"({"code":0})"));
}

/// Row 44's cousin: 64 KiB of brackets must cost neither the stack nor much time.
TEST(json_rule, survives_a_body_of_any_depth) {
  constexpr std::size_t size = 64 * 1024;
  const std::string open(size, '['), close(size, ']');
  EXPECT_FALSE(is_met("/code=0", open));
  EXPECT_FALSE(is_met("/code=0", open.substr(size / 2) + close.substr(size / 2)));
  EXPECT_FALSE(is_met("=[[0]]", open.substr(size / 2) + close.substr(size / 2)));
  std::string objects;
  while (objects.size() < size) objects += R"({"a":)";
  EXPECT_FALSE(is_met("/a={\"a\":0}", objects));
  EXPECT_FALSE(is_met("/a={\"a\":0}", objects + "0" + std::string(objects.size() / 5, '}')));
}

TEST(json_rule, has_a_value_of_64_levels_at_most) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(is_met("/a=" + nested(64), "{\"a\":" + nested(64) + "}"));
  EXPECT_FALSE(is_met("/a=" + nested(64), "{\"a\":" + nested(65) + "}"));
  EXPECT_TRUE(json_rule::parse("/a=" + nested(65)).has_error());
  EXPECT_TRUE(json_rule::parse("/a=" + nested(30'000)).has_error());
}

TEST(json_rule, survives_every_mutation) {
  std::mt19937_64 random{3};
  const std::string good_rule = R"(/data/items/0/code=[0,"x",{"y":null}])";
  const std::string good_body = R"({"data":{"items":[{"code":[0,"x",{"y":null}]}]}})";
  EXPECT_TRUE(is_met(good_rule, good_body));
  const auto mutate = [&](std::string text) {
    for (auto n = random() % 4 + 1; n > 0; --n) text[random() % text.size()] = static_cast<char>(random());
    return text;
  };
  for (int i = 0; i < 5000; ++i) {
    json_rule::parse(good_rule).value().ask(mutate(good_body));
    if (const auto rule = json_rule::parse(mutate(good_rule)); rule.has_value()) rule->ask(good_body);
  }
}

}  // namespace
}  // namespace sluice::core
