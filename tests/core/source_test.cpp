#include <sluice/source.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::literals;
using sluice::problems;
using sluice::source;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

TEST(Source, DirectoriesKeepTheirOrder) {
  const auto src = source::directories({"b", "a"});
  EXPECT_THAT(src.roots(), ElementsAre("b", "a"));
  EXPECT_TRUE(src.list_file().empty());
  EXPECT_THAT(problems(src), IsEmpty());
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
  EXPECT_THAT(problems(from_input), IsEmpty());
  EXPECT_THAT(problems(based), IsEmpty());
}

TEST(Source, SomethingMustBeNamed) {
  EXPECT_THAT(problems(source{}), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(problems(source::directories({})), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(problems(source::list("")), ElementsAre(HasSubstr("no source")));
  EXPECT_THAT(problems(source::directory("")), ElementsAre(HasSubstr("write .")));
}

TEST(Source, ADirectoryGivenTwiceWouldBeSentTwice) {
  EXPECT_THAT(problems(source::directories({"a", "b", "a"})), ElementsAre(HasSubstr("\"a\" is given twice")));
}

TEST(Source, AllProblemsAreToldAtOnce) {
  auto src = source::directory("");
  src.select.include = {"ok", "[a"};
  src.select.exclude = {"{b", "fine/**"};
  src.select.min_size = 2, src.select.max_size = 1;
  src.select.min_age = 2s, src.select.max_age = 1s;
  src.select.max_depth = 0;
  EXPECT_THAT(problems(src),
              ElementsAre(HasSubstr("empty"), HasSubstr("include \"[a\""), HasSubstr("exclude \"{b\""),
                          HasSubstr("min_size 2"), HasSubstr("min_age 2 s"), HasSubstr("max_depth 0")));
}

TEST(Source, OnlyDirectoriesAreFollowedAndTimesMustMakeSense) {
  auto names = source::list("names.txt");
  names.follow.emplace();
  EXPECT_THAT(problems(names), ElementsAre(HasSubstr("cannot be followed")));
  auto folder = source::directory("/spool");
  folder.follow.emplace();
  EXPECT_THAT(problems(folder), IsEmpty());
  folder.follow->rescan = 0ms;
  EXPECT_THAT(problems(folder), ElementsAre(HasSubstr("over 0")));
  folder.follow = sluice::following{.again = 2s, .again_most = 1s};
  EXPECT_THAT(problems(folder), ElementsAre(HasSubstr("again_most")));
  folder.follow = sluice::following{.rescan = 9000h, .again_most = 9000h};
  EXPECT_THAT(problems(folder), ElementsAre(HasSubstr("within a year")));
}

}  // namespace
