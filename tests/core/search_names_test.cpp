#include "core/net/search_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using sluice::core::search_names;
using testing::ElementsAre;

TEST(SearchNames, OfANameWithEnoughDotsBeginWithIt) {
  EXPECT_THAT(search_names("a.b", {{"x.y", "z"}, 1}), ElementsAre("a.b.", "a.b.x.y.", "a.b.z."));
}

TEST(SearchNames, OfAShortNameEndWithIt) {
  EXPECT_THAT(search_names("a", {{"x.y", "z"}, 1}), ElementsAre("a.x.y.", "a.z.", "a."));
  EXPECT_THAT(search_names("a.b", {{"x"}, 5}), ElementsAre("a.b.x.", "a.b."));
}

TEST(SearchNames, OfAnAbsoluteNameAreItAlone) {
  EXPECT_THAT(search_names("a.", {{"x"}, 1}), ElementsAre("a."));
  EXPECT_THAT(search_names("a.b.", {{"x"}, 5}), ElementsAre("a.b."));
}

TEST(SearchNames, AreTheNameWhereNothingIsToBeSearched) {
  EXPECT_THAT(search_names("a", {}), ElementsAre("a."));
  EXPECT_THAT(search_names("a", {{".", ""}, 1}), ElementsAre("a."));
  EXPECT_THAT(search_names("a", {{"x."}, 0}), ElementsAre("a.", "a.x."));
}
