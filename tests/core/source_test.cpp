#include "support/problem_lines.hpp"

#include <sluice/source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::literals;
using sluice::source;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<std::string> lines_of(const source& src) { return support::lines_of(sluice::problems(src)); }

TEST(Source, DirectoriesKeepTheirOrder) {
  const auto src = source::directories({"b", "a"});
  EXPECT_THAT(src.roots(), ElementsAre("b", "a"));
  EXPECT_TRUE(src.list_file().empty());
  EXPECT_THAT(lines_of(src), IsEmpty());
  EXPECT_THAT(source::directory("x").roots(), ElementsAre("x"));
}

TEST(Source, AListHasABaseOrNone) {
  const auto from_input = source::list("-");
  EXPECT_EQ(from_input.list_file(), "-");
  EXPECT_FALSE(from_input.nul_separated());
  EXPECT_THAT(from_input.roots(), IsEmpty());
  const auto based = source::list("names", true, "/spool");
  EXPECT_TRUE(based.nul_separated());
  EXPECT_THAT(based.roots(), ElementsAre("/spool"));
  EXPECT_THAT(lines_of(from_input), IsEmpty());
  EXPECT_THAT(lines_of(based), IsEmpty());
}

TEST(Source, SomethingMustBeNamed) {
  EXPECT_THAT(lines_of(source{}), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(lines_of(source::directories({})), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(lines_of(source::list("")), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(lines_of(source::directory("")), ElementsAre(HasSubstr("write .")));
}

TEST(Source, AllProblemsAreToldAtOnce) {
  auto src = source::directory("");
  src.select.include = {"ok", "[a"};
  src.select.exclude = {"{b", "fine/**"};
  src.select.min_size = 2, src.select.max_size = 1;
  src.select.min_age = 2s, src.select.max_age = 1s;
  src.select.max_depth = 0;
  EXPECT_THAT(lines_of(src),
              ElementsAre(HasSubstr("empty"), HasSubstr("select.include: \"[a\""),
                          HasSubstr("select.exclude: \"{b\""), HasSubstr("min_size and select.max_size: 2"),
                          HasSubstr("min_age and select.max_age: 2 s"), HasSubstr("max_depth: 0")));
}

TEST(Source, OnlyDirectoriesAreFollowedAndTimesMustMakeSense) {
  auto names = source::list("names.txt");
  names.follow.emplace();
  EXPECT_THAT(lines_of(names), ElementsAre(HasSubstr("cannot be followed")));
  auto folder = source::directory("/spool");
  folder.follow.emplace();
  EXPECT_THAT(lines_of(folder), IsEmpty());
  folder.follow->rescan = 0ms;
  EXPECT_THAT(lines_of(folder), ElementsAre(HasSubstr("over 0")));
  folder.follow = sluice::following{.again = 2s, .again_most = 1s};
  EXPECT_THAT(lines_of(folder), ElementsAre(HasSubstr("again_most")));
  folder.follow = sluice::following{.rescan = 9000h, .again_most = 9000h};
  EXPECT_THAT(lines_of(folder), ElementsAre(HasSubstr("within a year")));
}

}  // namespace
