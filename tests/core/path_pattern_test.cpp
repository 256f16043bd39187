#include "core/files/path_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

path_pattern compiled_pattern(const std::string& text) { return path_pattern::parse(text).value(); }

TEST(path_pattern, is_found_anywhere_in_a_path) {
  EXPECT_TRUE(compiled_pattern("cam[0-9]+/").matches("in/cam12/a.jpg"));
  EXPECT_FALSE(compiled_pattern("^cam[0-9]+/").matches("in/cam12/a.jpg"));
  EXPECT_TRUE(compiled_pattern("^in/[^/]+/a[.]jpg$").matches("in/cam12/a.jpg"));
  EXPECT_FALSE(compiled_pattern("^a$").matches("a\nb")) << "a name's line end is no line's";
  EXPECT_TRUE(compiled_pattern("a").matches("\xff\xfe a"));
  EXPECT_TRUE(compiled_pattern("é").matches("caf\xc3\xa9"));
}

TEST(path_pattern, gives_its_groups) {
  const auto p = compiled_pattern("^(?P<room>[a-z]+)-([0-9]+)(?:x)?(/b)?");
  EXPECT_THAT(p.group_names(), ElementsAre("room", "", ""));
  const std::string path = "cam-12/b";
  EXPECT_THAT(p.groups_of(path), ElementsAre("cam", "12", "/b"));
  EXPECT_THAT(p.groups_of("cam-12x"), ElementsAre("cam", "12", "")) << "one took no part";
  EXPECT_THAT(p.groups_of("CAM-12"), IsEmpty());
  EXPECT_THAT(compiled_pattern("a").groups_of("a"), IsEmpty());
}

TEST(path_pattern, says_what_is_wrong) {
  for (const auto* text : {"(", "[a", "*a", "a{2,1}", "\\1", "(?=a)"})
    EXPECT_THAT(path_pattern::parse(text).error().what, HasSubstr("is not a regular expression (RE2): "))
        << text;
  EXPECT_THAT(path_pattern::parse("(?P<x>a)(?P<x>b)").error().what,
              HasSubstr("two groups have the name 'x'"));
  EXPECT_THAT(path_pattern::parse("(?P<size>a)").error().what,
              HasSubstr("the group 'size' has the name of a template"));
  EXPECT_THAT(path_pattern::parse("((((a{99}){99}){99}){99})").error().what, HasSubstr("RE2"));
}

/// Two files whose groups were a part of their names would have one URL.
TEST(path_pattern, takes_bytes_that_are_no_text_and_line_ends_whole) {
  using namespace std::string_literals;
  const auto last = compiled_pattern("([^/]*)[.]jpg$");
  EXPECT_THAT(last.groups_of("d/a\xff"
                             "b.jpg"),
              ElementsAre("a\xff"
                          "b"));
  EXPECT_THAT(last.groups_of("d/\xc3\xbc.jpg"), ElementsAre("\xc3\xbc"));
  const auto whole = compiled_pattern("^(.*[.]jpg)$");
  for (const auto& path : {"a\xff.jpg"s, "a\nb.jpg"s, "a\xff\n\xfe.jpg"s, "\xed\xa0\x80.jpg"s})
    EXPECT_THAT(whole.groups_of(path), ElementsAre(path)) << path;
  EXPECT_TRUE(compiled_pattern("^.[.]jpg$").matches("\xc3\xbc.jpg")) << "one character";
}

TEST(path_pattern, never_hangs) {
  const std::string path(4096, 'a');
  const auto p = compiled_pattern("^(a+)+(a|aa)*(a?){30}b$");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(p.matches(path));
  EXPECT_THAT(p.groups_of(path), IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{1});
}

}  // namespace
}  // namespace sluice::core
