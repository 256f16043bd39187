#include "core/files/glob.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

using namespace std::literals;
using sluice::core::glob;
using testing::HasSubstr;

namespace {

glob make(std::string_view pattern) {
  auto parsed = glob::parse(pattern);
  EXPECT_TRUE(parsed) << pattern << ": " << (parsed ? "" : parsed.error().what);
  return parsed ? *parsed : *glob::parse("none");
}
bool matches(std::string_view pattern, std::string_view path) { return make(pattern).matches(path); }
std::string glob_problem(std::string_view pattern) {
  const auto parsed = glob::parse(pattern);
  return parsed ? "" : parsed.error().what;
}

struct row {
  std::string_view pattern;
  std::vector<std::string_view> yes, no;
};

void check(std::initializer_list<row> table) {
  for (const auto& [pattern, yes, no] : table) {
    for (const auto path : yes) EXPECT_TRUE(matches(pattern, path)) << pattern << " | " << path;
    for (const auto path : no) EXPECT_FALSE(matches(pattern, path)) << pattern << " | " << path;
  }
}

TEST(Glob, WithoutASlashMatchesTheLastComponent) {
  check({{"a.jpg", {"a.jpg", "d/a.jpg", "d/e/a.jpg"}, {"b.jpg", "a.jpg/b", "xa.jpg", "a.jpgx", "A.jpg", ""}},
         {"*.jpg", {"a.jpg", ".jpg", "d/a.jpg", ".a.jpg"}, {"a.png", "a.jpg.x", "a.jpg/x"}},
         {"a*b*c", {"abc", "aXbYc", "abbcc"}, {"ab", "acb", "a/b/c"}},
         {"?", {"a", "d/a", "ä", "🙂", "\xff"}, {"", "ab", "/", "\xff\xff"}},
         {"**", {"a", "d/a"}, {}}});
}

TEST(Glob, WithASlashMatchesFromTheRoot) {
  check({{"d/a.jpg", {"d/a.jpg"}, {"a.jpg", "x/d/a.jpg", "d/a.jpg/x"}},
         {"/a.jpg", {"a.jpg"}, {"d/a.jpg"}},
         {"/*", {"a", "b.c"}, {"d/a"}},
         {"d/*.jpg", {"d/a.jpg"}, {"d/e/a.jpg", "d/a.png"}},
         {"*/a", {"d/a"}, {"a", "d/e/a"}},
         {"d?a", {"dxa"}, {"d/a"}}});
}

TEST(Glob, TwoStarsCrossDirectories) {
  check({{"**/a", {"a", "d/a", "d/e/a"}, {"xa", "d/xa", "a/d"}},
         {"d/**", {"d/a", "d/e/a"}, {"d", "e/d/a", "dd/a"}},
         {"d/", {"d/a", "d/e/a"}, {"d", "e/d/a"}},
         {"d/**/a", {"d/a", "d/e/a", "d/e/f/a"}, {"d/xa", "da", "a"}},
         {"d/x**y", {"d/xy", "d/x/1/y"}, {"d/y"}},
         {"d**a/b", {"da/b", "d/x/a/b"}, {"d/b"}},
         {"**/d/**", {"d/a", "x/d/a", "x/y/d/z/a"}, {"d", "x/d"}},
         {"***/a", {"a", "d/e/a"}, {"xa"}},
         {"x***/a", {"x/a", "x/y/a"}, {"a"}}});
}

TEST(Glob, Sets) {
  check({{"[a-c]1", {"a1", "b1", "c1"}, {"d1", "-1", "1"}},
         {"[^a-c]", {"d", "ä"}, {"a", ""}},
         {"[!a]", {"b"}, {"a"}},
         {"[]x]", {"]", "x"}, {"a"}},
         {"[^]]", {"a"}, {"]"}},
         {"[a-]", {"a", "-"}, {"b"}},
         {"[\\]\\-]", {"]", "-"}, {"\\"}},
         {"[*?{,}]", {"*", "?", "{", ",", "}"}, {"a"}},
         {"[ä-ü]x", {"öx"}, {"ox"}},
         {"d[^x]a/b", {"dya/b"}, {"d/a/b"}}});
}

TEST(Glob, Alternatives) {
  check({{"*.{jpg,png}", {"a.jpg", "a.png"}, {"a.gif", "a.jpg,png", "a."}},
         {"a{,b,cd}e", {"ae", "abe", "acde"}, {"abcde", "a"}},
         {"{a}", {"a"}, {"{a}"}},
         {"{a,b{c,d*}}x", {"ax", "bcx", "bdx", "bdyyx"}, {"bx", "ac"}},
         {"{a/b,c}", {"a/b", "c"}, {"x/c", "b"}},
         {"{**/a,b}/c", {"a/c", "x/a/c", "b/c"}, {"x/b/c"}},
         {"a,b", {"a,b"}, {"a", "b"}},
         {"{a\\,b,c}", {"a,b", "c"}, {"a", "b"}}});
}

TEST(Glob, ABackslashTakesTheMeaningAway) {
  check({{"\\*", {"*"}, {"a"}},
         {"\\{a\\}", {"{a}"}, {"a"}},
         {"\\[a]", {"[a]"}, {"a"}},
         {"a\\\\b", {"a\\b"}, {"ab"}},
         {"a]", {"a]"}, {"a"}}});
}

TEST(Glob, BytesThatAreNotUtf8AreCharacters) {
  check({{"\xff*", {"\xff", "\xff\xfe"}, {"\xfe"}}, {"\xc3*", {"\xc3(", "\xc3"}, {"ä"}}});
  EXPECT_TRUE(matches("a?b", "a\0b"sv));
}

TEST(Glob, AProblemSaysWhatIsNotClosed) {
  for (const auto pattern : {"[", "a[b", "[]", "[^", "[^]", "[a-", "[a\\", "*.{jpg,[x}"})
    EXPECT_THAT(glob_problem(pattern), HasSubstr("[ is not closed: write \\[")) << pattern;
  for (const auto pattern : {"{", "a{b", "{a,", "{a,{b}", "{a}{"})
    EXPECT_THAT(glob_problem(pattern), HasSubstr("{ is not closed: write \\{")) << pattern;
  EXPECT_THAT(glob_problem("a}"), HasSubstr("} without {: write \\}"));
  EXPECT_THAT(glob_problem("{a}}b"), HasSubstr("} without {"));
  EXPECT_THAT(glob_problem("a\\"), HasSubstr("write \\\\"));
  EXPECT_THAT(glob_problem("[z-a]"), HasSubstr("backwards"));
  EXPECT_THAT(glob_problem(""), HasSubstr("empty"));
  EXPECT_THAT(glob_problem("/"), HasSubstr("empty"));
}

TEST(Glob, LengthAndDepthHaveALimit) {
  EXPECT_EQ(glob_problem(std::string(1'000, 'a')), "");
  EXPECT_TRUE(matches(std::string(1'022, 'a'), std::string(1'022, 'a')));
  for (const char c : {'a', '*', '?', '{'}) {
    std::string pattern;
    for (int i = 0; i < 100'000; ++i) pattern += c, pattern += c == '*' ? "a" : "";
    EXPECT_NE(glob_problem(pattern), "") << c;
  }
  EXPECT_THAT(glob_problem(std::string(1'023, 'a')), HasSubstr("too long"));
  EXPECT_TRUE(matches(std::string(200, '{') + "a" + std::string(200, '}'), "a"));
}

// A backtracking matcher needs longer than the universe has for these.
TEST(Glob, NoPatternExplodes) {
  std::string stars, braces, deep, path(4'095, 'a');
  for (int i = 0; i < 100; ++i) stars += "*a", braces += "{a,a,aa}", deep += "**/*a";
  EXPECT_FALSE(matches(stars + "b", path));
  EXPECT_FALSE(matches(braces + "b", path));
  for (std::size_t i = 1; i < path.size(); i += 2) path[i] = '/';
  EXPECT_FALSE(matches(deep + "b", path));
}

TEST(Glob, CoversWhatMatchesEverythingBelow) {
  const std::tuple<std::string_view, std::string_view, bool> table[] = {
      {"d/**", "d", true},     {"d/**", "d/e", true},    {"d/", "d", true},       {"d/*", "d", false},
      {"d/**/x", "d", false},  {"**/d/**", "a/d", true}, {"**/d/**", "a", false}, {"d/**", "e", false},
      {"{d,e}/**", "e", true}, {"d/{**,x}", "d", true},  {"d/**{,x}", "d", true}, {"d/**x", "d", false},
      {"d", "d", false},       {"**", "d", false},       {"/**", "d", true},
  };
  for (const auto& [pattern, directory, covers] : table)
    EXPECT_EQ(make(pattern).covers(directory), covers) << pattern << " | " << directory;
}

TEST(Glob, ReachesWhereSomethingCanMatch) {
  const std::tuple<std::string_view, std::string_view, bool> table[] = {
      {"a/b/*.jpg", "a", true},     {"a/b/*.jpg", "a/b", true}, {"a/b/*.jpg", "a/b/c", false},
      {"a/b/*.jpg", "b", false},    {"a/**", "a/x/y", true},    {"**/x", "any/where", true},
      {"*.jpg", "any/where", true}, {"/*.jpg", "a", false},     {"{a,b}/x", "b", true},
      {"{a,b}/x", "c", false},
  };
  for (const auto& [pattern, directory, reaches] : table)
    EXPECT_EQ(make(pattern).reaches(directory), reaches) << pattern << " | " << directory;
}

TEST(Glob, NamesHiddenOnlyWithADotWrittenOutInAPath) {
  for (const auto pattern : {".git/**", "a/.x/b", "/.x/y", "**/.x/*", "{.a,b}/c", "\\.a/b", "a/{b,.c}"})
    EXPECT_TRUE(make(pattern).names_hidden()) << pattern;
  for (const auto pattern : {".*", ".git", "**/x", "*/x", "a.b/c", "a/*.x", "[.]a/b", "a/b{.c,d}"})
    EXPECT_FALSE(make(pattern).names_hidden()) << pattern;
}

/// The meaning of `*`, `**`, `?` and letters, written down as plainly as can be.
bool plainly_matches(std::string_view pattern, std::string_view path, bool start) {
  if (pattern.empty()) return path.empty();
  if (start && pattern.starts_with("**/") && plainly_matches(pattern.substr(3), path, true)) return true;
  if (pattern.starts_with("**/") && start) {
    for (std::size_t i = 0; i < path.size(); ++i)
      if (path[i] == '/' && plainly_matches(pattern.substr(3), path.substr(i + 1), true)) return true;
    return false;
  }
  if (pattern[0] == '*') {
    const bool two = pattern.starts_with("**");
    for (std::size_t i = 0;; ++i) {
      if (plainly_matches(pattern.substr(two ? 2 : 1), path.substr(i), false)) return true;
      if (i == path.size() || (!two && path[i] == '/')) return false;
    }
  }
  if (path.empty() || (pattern[0] == '?' ? path[0] == '/' : path[0] != pattern[0])) return false;
  return plainly_matches(pattern.substr(1), path.substr(1), pattern[0] == '/');
}

TEST(Glob, AgreesWithThePlainDefinition) {
  std::mt19937_64 random{1024};
  const std::string_view pieces[] = {"a", "b", "/", "*", "**/", "?", "a"};
  int matched = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string pattern = "/", path;
    for (auto n = 1 + random() % 7; n > 0; --n) {
      const auto piece = pieces[random() % std::size(pieces)];
      if (!(piece[0] == '*' && pattern.ends_with('*')) && !(piece == "/" && pattern.ends_with('/')))
        pattern += piece;
    }
    if (pattern.ends_with('/')) pattern += 'a';
    for (auto n = random() % 8; n > 0; --n) path += "ab/"[random() % 3];
    const bool expected = plainly_matches(pattern.substr(1), path, true);
    const auto compiled = make(pattern);
    ASSERT_EQ(compiled.matches(path), expected) << pattern << " | " << path;
    matched += expected;
    const auto slash = path.rfind('/');
    if (slash == path.npos) continue;
    const auto directory = path.substr(0, slash);
    ASSERT_TRUE(!expected || compiled.reaches(directory)) << pattern << " | " << path;
    ASSERT_TRUE(!compiled.covers(directory) || expected) << pattern << " | " << path;
  }
  EXPECT_GT(matched, 2'000);
}

TEST(Glob, AnyBytesAreAGlobOrAProblem) {
  std::mt19937_64 random{77};
  const auto alphabet = "[]{},*?\\/^!-.ab\xc3\xa4\xff"sv;
  for (int i = 0; i < 100'000; ++i) {
    std::string pattern(random() % 10, '\0'), path(random() % 10, '\0');
    for (char& c : pattern) c = alphabet[random() % alphabet.size()];
    for (char& c : path) c = alphabet[random() % alphabet.size()];
    const auto parsed = glob::parse(pattern);
    if (!parsed) {
      ASSERT_FALSE(parsed.error().what.empty());
      continue;
    }
    const bool below = parsed->matches(path + "/x");
    ASSERT_TRUE(!below || parsed->reaches(path)) << pattern << " | " << path;
    ASSERT_TRUE(!parsed->covers(path) || below) << pattern << " | " << path;
  }
}

}  // namespace
