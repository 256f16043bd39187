#include "core/field_template.hpp"

#include "core/idempotency_key.hpp"

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
