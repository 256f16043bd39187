#include "core/files/seen_names.hpp"

#include "support/turn_clock.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

TEST(plain_path, has_one_spelling_for_one_place) {
  for (const auto* text : {"a/b", "./a/b", ".//a/b", "a//b", "a/./b", "././a///./b", "a/b/", "a/b/."})
    EXPECT_EQ(plain_path(text), "a/b") << text;
  for (const auto* text : {"/a/b", "//a/b", "/./a//b"}) EXPECT_EQ(plain_path(text), "/a/b") << text;
  for (const auto* text : {"", ".", "./", "././/"}) EXPECT_EQ(plain_path(text), ".") << text;
  EXPECT_EQ(plain_path("/"), "/");
  EXPECT_EQ(plain_path("a/../b"), "a/../b") << "where that leads, only the file system can say";
  EXPECT_EQ(plain_path("../b"), "../b");
  EXPECT_EQ(plain_path("...//.a"), ".../.a");
}

TEST(seen_names, knows_each_name_again_however_many_there_are) {
  seen_names names;
  for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(names.add(std::to_string(i)));
  for (int i = 0; i < 20'000; ++i) EXPECT_FALSE(names.add(std::to_string(i)));
  EXPECT_EQ(names.size(), 20'000u);
  EXPECT_TRUE(names.add(""));
  EXPECT_FALSE(names.add(""));
}

TEST(seen_names, no_step_holds_the_loop) {
  const auto longest = support::longest_turn([](support::turn_clock& turns) {
    seen_names names;
    for (int i = 0; i < 1'000'000; ++i) turns.measure([&] { names.add(std::to_string(i)); });
  });
  EXPECT_LT(longest, support::turn_clock::most);
}

}  // namespace
}  // namespace sluice::core
