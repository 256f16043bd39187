#include "core/http/field_template.hpp"

#include "core/http/idempotency_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

using namespace std::literals;
using namespace sluice::core;
using testing::HasSubstr;

namespace {

const template_values camera{.path = "cam1/IMG.0001.jpg",
                             .size = 5'000'000'000,
                             .mtime_ns = 1'700'000'000'999'999'999,
                             .now = wall_time{1'800'000'000'123ms},
                             .key = "some-key",
                             .seq = 7,
                             .host = "gate"};

std::string rendered(std::string_view text, const template_values& values = camera) {
  const auto parsed = field_template::parse(text);
  return parsed ? parsed->render(values) : "problem: " + parsed.error().what;
}
std::string problem_of(std::string_view text) {
  const auto parsed = field_template::parse(text);
  return parsed ? "" : parsed.error().what;
}

TEST(FieldTemplate, EveryNameHasItsValue) {
  const std::pair<std::string_view, std::string> table[] = {
      {"{name}", "IMG.0001.jpg"},
      {"{stem}", "IMG.0001"},
      {"{ext}", "jpg"},
      {"{path}", camera.path.data()},
      {"{dir}", "cam1"},
      {"{size}", "5000000000"},
      {"{mtime}", "1700000000"},
      {"{now}", "1800000000"},
      {"{now_ms}", "1800000000123"},
      {"{key}", "some-key"},
      {"{seq}", "7"},
      {"{host}", "gate"},
      {"{uuid}", uuid_from_key("some-key")},
      {"{random}", std::to_string(number_from_key("some-key"))},
  };
  for (const auto& [text, value] : table) EXPECT_EQ(rendered(text), value) << text;
}

TEST(FieldTemplate, LiteralsStandBetweenAndBracesAreDoubled) {
  EXPECT_EQ(rendered(""), "");
  EXPECT_EQ(rendered("plain"), "plain");
  EXPECT_EQ(rendered("a-{seq}-{seq}b"), "a-7-7b");
  EXPECT_EQ(rendered("{{name}}"), "{name}");
  EXPECT_EQ(rendered("{{{seq}}}"), "{7}");
  EXPECT_EQ(rendered("{{\"n\": {seq}}"), "{\"n\": 7}") << "a lone } is itself";
  EXPECT_EQ(rendered("}"), "}");
  EXPECT_EQ(rendered("}}}"), "}}");
  EXPECT_EQ(rendered("\0{seq}\xff"sv), "\0007\xff"sv);
}

TEST(FieldTemplate, StemAndExtensionShareTheName) {
  const std::tuple<std::string_view, std::string, std::string> table[] = {
      {"a.jpg", "a", "jpg"}, {"a", "a", ""},  {".a", ".a", ""},
      {".a.b", ".a", "b"},   {"a.", "a", ""}, {"d.ir/file", "file", ""},
      {"d/.x", ".x", ""},    {"", "", ""},    {"a.tar.gz", "a.tar", "gz"},
  };
  for (const auto& [path, stem, ext] : table) {
    auto values = camera;
    values.path = path;
    EXPECT_EQ(rendered("{stem}|{ext}", values), stem + "|" + ext) << path;
  }
}

TEST(FieldTemplate, TheDirectoryIsWhatIsBeforeTheLastSlash) {
  for (const auto& [path, dir] :
       {std::pair{"a.jpg"sv, ""sv}, {"2026/11/a.jpg"sv, "2026/11"sv}, {"/a"sv, ""sv}})
    EXPECT_EQ(rendered("{dir}", {.path = path}), dir) << path;
}

TEST(FieldTemplate, DigestsAreHexadecimalOrBase64) {
  digests d;
  for (const auto k : all_digests) d[k] = std::string{"\x00\x1f\xff", 3} + to_string(k);
  const template_values values{.digests = &d};
  EXPECT_EQ(rendered("{md5}", values), "001fff6d6435");
  EXPECT_EQ(rendered("{md5:base64}", values), "AB//bWQ1");
  for (const auto k : all_digests) {
    const auto name = std::string{to_string(k)};
    EXPECT_TRUE(rendered("{" + name + "}", values).starts_with("001fff")) << name;
    EXPECT_TRUE(rendered("{" + name + ":base64}", values).starts_with("AB//")) << name;
    const auto parsed = field_template::parse("x{" + name + "}");
    EXPECT_TRUE(parsed->is_of_content());
    for (const auto other : all_digests) EXPECT_EQ(parsed->digests().contains(other), other == k);
  }
  EXPECT_EQ(rendered("{sha256}", {}), "") << "nobody computed it";
  EXPECT_THAT(problem_of("{sha256:hex}"), HasSubstr("unknown template {sha256:hex}"));
  EXPECT_THAT(problem_of("{size:base64}"), HasSubstr("unknown template {size:base64}"));
}

TEST(FieldTemplate, GroupsGoByNumberAndByName) {
  const std::vector<std::string> names{"", "box"};
  const std::vector<std::string_view> groups{"one", "two"};
  const auto parsed = field_template::parse("{2}-{1}-{box}", names);
  EXPECT_EQ(parsed->render({.groups = groups}), "two-one-two");
  EXPECT_EQ(parsed->render({}), "--") << "no match";
  for (const auto text : {"{0}", "{3}", "{01}", "{1x}", "{}", "{Box}"})
    EXPECT_THAT(field_template::parse(text, names).error().what, HasSubstr("{1} {2} {box} {@NAME}")) << text;
  EXPECT_THAT(problem_of("{1}"), HasSubstr("{1} is a group of --match, and there is none"));
}

TEST(FieldTemplate, MembersMustBeThere) {
  const member_values members{{"a b", "1"}, {"empty", ""}};
  const auto parsed = field_template::parse("{@a b}{@empty}{name}");
  EXPECT_EQ(parsed->render({.path = "x", .members = &members}), "1x");
  EXPECT_EQ(parsed->missing_member({.members = &members}), nullptr);
  ASSERT_NE(parsed->missing_member({}), nullptr);
  EXPECT_EQ(*parsed->missing_member({}), "a b");
  EXPECT_EQ(field_template::parse("{name}")->missing_member({}), nullptr);
  EXPECT_THAT(problem_of("{@}"), HasSubstr("unknown template {@}"));
}

TEST(FieldTemplate, InALenientTextOtherBracesStay) {
  const auto lenient = [](std::string_view text) {
    return field_template::parse_lenient(text).render(camera);
  };
  for (const auto text : {"", "{", "}", "{}", "{{", "}}", R"({"a":1})", R"({"a":{"b":{}}})", "{nothing}",
                          "{ name}", "{{nothing}}", "{1}", "a{b"})
    EXPECT_EQ(lenient(text), text);
  EXPECT_EQ(lenient("{seq}"), "7");
  EXPECT_EQ(lenient("{{seq}}"), "{seq}");
  EXPECT_EQ(lenient("{{seq}"), "{7");
  EXPECT_EQ(lenient("{{{seq}}}"), "{{seq}}");
  EXPECT_EQ(lenient(R"({"n":{seq},"p":"{path}"})"), R"({"n":7,"p":"cam1/IMG.0001.jpg"})");
}

TEST(FieldTemplate, ALiteralIsWhatItIs) {
  EXPECT_EQ(field_template::literal("{name}").render(camera), "{name}");
  EXPECT_TRUE(field_template::literal("{name}").is_fixed());
  EXPECT_FALSE(field_template::parse("{name}")->is_fixed());
  EXPECT_TRUE(field_template::parse("{name}")->is_one_template());
  EXPECT_FALSE(field_template::parse("{name}x")->is_one_template());
  EXPECT_FALSE(field_template::parse("x")->is_one_template());
}

TEST(FieldTemplate, TimesBefore1970RoundDown) {
  auto values = camera;
  values.mtime_ns = -1;
  values.now = wall_time{-1500ms};
  EXPECT_EQ(rendered("{mtime} {now} {now_ms}", values), "-1 -2 -1500");
}

TEST(FieldTemplate, RandomAndUuidRepeatWithTheKey) {
  auto later = camera;
  later.now += 1h;
  later.seq = 8;
  EXPECT_EQ(rendered("{random} {uuid}"), rendered("{random} {uuid}", later));
  later.key = "another";
  EXPECT_NE(rendered("{random}"), rendered("{random}", later));
  EXPECT_NE(rendered("{uuid}"), rendered("{uuid}", later));
}

TEST(FieldTemplate, AnUnknownNameListsTheKnownOnes) {
  const auto what = problem_of("x{nme}");
  EXPECT_THAT(what, HasSubstr("{nme}"));
  for (const auto name : {"name", "stem", "ext", "path", "size", "mtime", "now", "now_ms", "random", "uuid",
                          "key", "seq", "host"})
    EXPECT_THAT(what, HasSubstr("{"s + name + "}"));
  EXPECT_THAT(what, HasSubstr("{{"));
  for (const auto text : {"{}", "{ name }", "{NAME}", "{literal}", "{\"a\": 1}"})
    EXPECT_NE(problem_of(text), "") << text;
  EXPECT_EQ(problem_of("{\n}").find('\n'), std::string::npos);
}

TEST(FieldTemplate, AnOpenBraceSaysHowToWriteOne) {
  for (const auto text : {"{", "a{name", "{{{", "{name}{"}) {
    EXPECT_THAT(problem_of(text), HasSubstr("not closed")) << text;
    EXPECT_THAT(problem_of(text), HasSubstr("{{")) << text;
  }
}

TEST(FieldTemplate, AnythingWithItsBracesDoubledIsItself) {
  std::mt19937_64 random{13};
  for (int i = 0; i < 5'000; ++i) {
    std::string raw(random() % 12, '\0'), doubled;
    for (char& c : raw) c = random() % 2 ? "{}a"[random() % 3] : static_cast<char>(random());
    for (const char c : raw) doubled.append(c == '{' || c == '}' ? 2 : 1, c);
    ASSERT_EQ(rendered(doubled), raw);
    field_template::parse(raw);  // total: a value or a problem
  }
}

}  // namespace
