#include "core/files/selection.hpp"

#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

using namespace std::literals;
using namespace sluice::core;
using sluice::selection;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

selector make(const selection& rules) {
  auto compiled = selector::compile(rules);
  EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().what);
  return *compiled;
}
selector globs(std::vector<std::string> include, std::vector<std::string> exclude = {}) {
  selection rules;
  rules.include = std::move(include), rules.exclude = std::move(exclude);
  return make(rules);
}

TEST(Selection, WithoutRulesTakesWhatIsFinished) {
  const auto all = make({});
  for (const auto name : {"a", "a.jpg", "d/e/a.jpg", "a.tmpx", "tmp", "part", "a.b.c", "d.tmp/a", "\xff"})
    EXPECT_TRUE(all.wants_name(name)) << name;
  for (const auto name : {".a", "d/.a", ".d/a", "d/.e/f/a", "a.tmp", "d/a.part", ".tmp", "..."})
    EXPECT_FALSE(all.wants_name(name)) << name;
  EXPECT_FALSE(all.needs_stat());
}

TEST(Selection, AnIncludePatternTakesUnfinishedNamesToo) {
  EXPECT_TRUE(globs({"*.tmp"}).wants_name("a.tmp"));
  EXPECT_FALSE(globs({"*.tmp"}).wants_name("a.part"));
  EXPECT_TRUE(globs({".*"}).wants_name("d/.a"));
  EXPECT_TRUE(globs({".d/**"}).wants_name(".d/a"));
  EXPECT_FALSE(globs({"*.jpg"}).wants_name(".a"));
}

TEST(Selection, ExcludeWinsOverInclude) {
  const auto chosen = globs({"*.jpg", "keep/**"}, {"bad*", "keep/not/**"});
  for (const auto name : {"a.jpg", "d/a.jpg", "keep/a.png", "keep/x/y"})
    EXPECT_TRUE(chosen.wants_name(name)) << name;
  for (const auto name : {"a.png", "bad.jpg", "d/bad.jpg", "keep/bad", "keep/not/a.jpg"})
    EXPECT_FALSE(chosen.wants_name(name)) << name;
}

TEST(Selection, WhatIsBelowAnExcludedDirectoryIsExcluded) {
  const auto chosen = globs({}, {"old", "a/b"});
  for (const auto name : {"old", "old/x", "d/old/e/x", "a/b/c"})
    EXPECT_FALSE(chosen.wants_name(name)) << name;
  for (const auto name : {"older/x", "x/a/b", "a/x"}) EXPECT_TRUE(chosen.wants_name(name)) << name;
}

TEST(Selection, NamesFromFindAreTakenAsRelative) {
  const auto chosen = globs({"d/*.jpg"});
  for (const auto name : {"d/a.jpg", "./d/a.jpg", "././d/a.jpg", "/d/a.jpg"})
    EXPECT_TRUE(chosen.wants_name(name)) << name;
  EXPECT_TRUE(make({}).wants_name("./a.jpg"));
  EXPECT_TRUE(make({}).wants_name("d/./a.jpg"));
  EXPECT_TRUE(make({}).wants_name("../a.jpg")) << "a dot that is no name hides nothing";
  EXPECT_FALSE(make({}).wants_name("./.a"));
}

TEST(Selection, MaxDepthCountsFromTheRoot) {
  selection rules;
  rules.max_depth = 2;
  const auto two = make(rules);
  EXPECT_TRUE(two.wants_name("a"));
  EXPECT_TRUE(two.wants_name("d/a"));
  EXPECT_FALSE(two.wants_name("d/e/a"));
  EXPECT_TRUE(two.wants_directory("d", 1));
  EXPECT_FALSE(two.wants_directory("d/e", 2));
  rules.max_depth = 1;
  EXPECT_FALSE(make(rules).wants_directory("d", 1));
  EXPECT_TRUE(make({}).wants_directory("d/e/f", 3));
}

TEST(Selection, HiddenDirectoriesAreEnteredOnlyWhenWrittenOut) {
  EXPECT_FALSE(make({}).wants_directory(".git", 1));
  EXPECT_FALSE(make({}).wants_directory("d/.git", 2));
  EXPECT_FALSE(make({}).wants_directory(".git/d", 2));
  EXPECT_FALSE(globs({"*.jpg", ".*", "**/x"}).wants_directory(".git", 1));
  EXPECT_TRUE(globs({".git/**"}).wants_directory(".git", 1));
  EXPECT_TRUE(globs({".git/**"}).wants_directory(".git/d", 2));
  EXPECT_FALSE(globs({".git/**"}).wants_directory(".svn", 1));
  EXPECT_TRUE(globs({"d/.x/*"}).wants_directory("d", 1));
}

TEST(Selection, ExcludedDirectoriesAreNotEntered) {
  const auto chosen = globs({}, {"old", "d/**", "e/*"});
  for (const auto name : {"old", "x/old", "old/x", "d", "d/x", "e/x"})
    EXPECT_FALSE(chosen.wants_directory(name, 1)) << name;
  for (const auto name : {"e", "x", "x/d"}) EXPECT_TRUE(chosen.wants_directory(name, 1)) << name;
}

TEST(Selection, DirectoriesNoIncludePatternReachesAreNotEntered) {
  const auto chosen = globs({"a/b/*.jpg", "/*.png"});
  EXPECT_TRUE(chosen.wants_directory("a", 1));
  EXPECT_TRUE(chosen.wants_directory("a/b", 2));
  EXPECT_FALSE(chosen.wants_directory("a/b/c", 3));
  EXPECT_FALSE(chosen.wants_directory("x", 1));
  EXPECT_TRUE(globs({"a/*", "*.jpg"}).wants_directory("x", 1));
}

TEST(Selection, SizesAreInclusive) {
  selection rules;
  rules.min_size = 10, rules.max_size = 20;
  const auto chosen = make(rules);
  EXPECT_TRUE(chosen.needs_stat());
  for (const auto& [size, wanted] : {std::pair{9u, false}, {10u, true}, {20u, true}, {21u, false}})
    EXPECT_EQ(chosen.wants_content(size, 0, {}), wanted) << size;
  rules.max_size.reset();
  EXPECT_TRUE(make(rules).wants_content(~0ull, 0, {}));
}

TEST(Selection, AgesAreInclusiveToTheNanosecond) {
  selection rules;
  rules.min_age = 10s, rules.max_age = 20s;
  const auto chosen = make(rules);
  EXPECT_TRUE(chosen.needs_stat());
  const wall_time now{1'000s};
  const std::int64_t second = 1'000'000'000;
  for (const auto& [mtime, wanted] : {std::pair{990 * second, true},
                                      {990 * second + 1, false},
                                      {980 * second, true},
                                      {980 * second - 1, false},
                                      {2'000 * second, false}})
    EXPECT_EQ(chosen.wants_content(0, mtime, now), wanted) << mtime;
}

TEST(Selection, AnyTimesHaveAnAge) {
  using limits = std::numeric_limits<std::int64_t>;
  selection rules;
  rules.min_age = 1s;
  const auto old_enough = make(rules);
  const wall_time first{std::chrono::nanoseconds::min()}, last{std::chrono::nanoseconds::max()};
  EXPECT_TRUE(old_enough.wants_content(0, limits::min(), last));
  EXPECT_FALSE(old_enough.wants_content(0, limits::max(), first));
  EXPECT_TRUE(old_enough.wants_content(0, limits::min(), wall_time{}));
  EXPECT_FALSE(old_enough.wants_content(0, limits::max(), wall_time{-2ns}));
  rules.min_age = std::chrono::seconds::max(), rules.max_age = std::chrono::seconds::max();
  EXPECT_FALSE(make(rules).wants_content(0, limits::min(), last));
}

TEST(Selection, AProblemNamesTheGlobOrTheContradiction) {
  selection rules;
  rules.include = {"*.jpg", "a\x1b[b"}, rules.exclude = {"{c"};
  rules.min_size = 6, rules.max_size = 5, rules.min_age = 3s, rules.max_age = 2s, rules.max_depth = 0;
  EXPECT_THAT(support::lines_of(problems(rules)),
              ElementsAre(HasSubstr("include: \"a\\x1b[b\": [ is not closed"),
                          HasSubstr("exclude: \"{c\": { is not closed"),
                          HasSubstr("min_size and select.max_size: 6 is over the maximum of 5"),
                          HasSubstr("min_age and select.max_age: 3 s is over the maximum of 2 s"),
                          HasSubstr("max_depth: 0")));
  const auto compiled = selector::compile(rules);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().what, to_string(problems(rules).front()));
}

TEST(Selection, EqualLimitsAreNoContradiction) {
  selection rules;
  rules.min_size = rules.max_size = 5;
  rules.min_age = rules.max_age = 5s;
  rules.max_depth = 1;
  EXPECT_THAT(problems(rules), IsEmpty());
}

TEST(Selection, AFileThatIsTooYoungWillBeOldEnough) {
  selection rules;
  rules.min_age = 10s, rules.max_size = 5;
  const auto chosen = make(rules);
  const wall_time now{1'000s};
  const auto made = [](std::chrono::nanoseconds mtime, std::chrono::nanoseconds ctime,
                       std::uint64_t size = 1) {
    return file_identity{1, 1, size, mtime.count(), ctime.count()};
  };
  struct {
    file_identity file;
    std::optional<wall_time> at;
  } const cases[] = {
      {made(995s, 995s), wall_time{1'005s}}, {made(1'000s, 1'000s), wall_time{1'010s}},
      {made(990s, 990s), std::nullopt},      {made(990s + 1ns, 990s), wall_time{1'000s + 1ns}},
      {made(995s, 995s, 6), std::nullopt},   {made(9'999s, 995s), wall_time{1'005s}},
      {made(9'999s, 9'999s), std::nullopt},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(chosen.old_enough_at(c.file, now), c.at) << c.file.mtime_ns;
    if (c.at) {
      EXPECT_FALSE(chosen.wants_content(c.file, *c.at - 1ns));
      EXPECT_TRUE(chosen.wants_content(c.file, *c.at));
    }
  }
  EXPECT_FALSE(make({}).old_enough_at(cases[0].file, now));
  rules.min_age = std::chrono::seconds::max();
  EXPECT_FALSE(make(rules).old_enough_at(cases[0].file, now));
  rules.min_age = rules.max_age = 10s;
  EXPECT_EQ(make(rules).old_enough_at(cases[0].file, now), wall_time{1'005s});
}

}  // namespace
