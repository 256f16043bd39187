#include "core/files/told_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const wall_time told_start{10'000h};
constexpr auto most_told = told_queue::most_told;
constexpr auto most_young = told_queue::most_young;
constexpr auto most_new = told_queue::most_new;

told_queue::place at(std::string path, std::size_t root = 0) { return {root, std::move(path)}; }
told_queue::place at(std::size_t n) { return at(std::to_string(n)); }

std::vector<std::string> files_of(told_queue& q) {
  std::vector<std::string> all;
  while (q.has_file()) all.push_back(q.next_file()->path);
  return all;
}

TEST(told_queue, begins_empty) {
  told_queue q;
  EXPECT_TRUE(q.has_room());
  EXPECT_FALSE(q.has_file());
  EXPECT_FALSE(q.has_directory());
  EXPECT_FALSE(q.next_file());
  EXPECT_FALSE(q.next_directory());
  EXPECT_FALSE(q.next_at());
  EXPECT_EQ(q.young_files(), 0u);
}

TEST(told_queue, names_come_out_as_they_came) {
  told_queue q;
  q.add_file(at("b", 1)), q.add_file(at("a")), q.add_file(at("b", 1));
  EXPECT_EQ(q.next_file(), at("b", 1));
  EXPECT_EQ(q.next_file(), at("a"));
  EXPECT_EQ(q.next_file(), at("b", 1)) << "the kernel told of it twice";
  EXPECT_FALSE(q.next_file());
}

TEST(told_queue, directories_and_files_do_not_wait_for_each_other) {
  told_queue q;
  q.add_file(at("f"));
  EXPECT_TRUE(q.add_directory(at("d", 2)));
  EXPECT_TRUE(q.add_directory(at("c")));
  EXPECT_EQ(q.next_directory(), at("d", 2));
  EXPECT_TRUE(q.has_directory());
  EXPECT_EQ(q.next_file(), at("f"));
  EXPECT_FALSE(q.has_file());
  EXPECT_EQ(q.next_directory(), at("c"));
}

TEST(told_queue, the_kernel_is_asked_for_more_while_there_is_room) {
  told_queue q;
  for (std::size_t n = 0; n < most_told; ++n) {
    ASSERT_TRUE(q.has_room()) << n;
    q.add_file(at(n));
  }
  EXPECT_FALSE(q.has_room());
  q.add_file(at("again"));  // a file that is looked at again is never lost
  EXPECT_EQ(files_of(q).size(), most_told + 1);
  EXPECT_TRUE(q.has_room());
}

TEST(told_queue, a_directory_that_does_not_fit_is_refused) {
  told_queue q;
  for (std::size_t n = 0; n < most_new; ++n) ASSERT_TRUE(q.add_directory(at(n)));
  EXPECT_FALSE(q.add_directory(at("one too many")));
  EXPECT_EQ(q.next_directory(), at("0"));
  EXPECT_TRUE(q.add_directory(at("now it fits")));
}

TEST(told_queue, young_files_come_when_they_are_old_enough) {
  struct row {
    std::chrono::seconds later;
    std::vector<std::string> come;
    std::size_t left;
  };
  told_queue q;
  q.wait_to_grow(at("c"), told_start + 30s);
  q.wait_to_grow(at("a"), told_start + 10s);
  EXPECT_TRUE(q.put_off(at("b"), told_start + 20s));
  EXPECT_EQ(q.next_at(), told_start + 10s);
  const row table[] = {
      {9s, {}, 3}, {10s, {"a"}, 2}, {10s, {}, 2}, {19s, {}, 2}, {40s, {"b", "c"}, 0}, {50s, {}, 0},
  };
  for (const auto& [later, come, left] : table) {
    q.grow_up(told_start + later);
    EXPECT_EQ(files_of(q), come) << later.count();
    EXPECT_EQ(q.young_files(), left) << later.count();
  }
  EXPECT_FALSE(q.next_at());
}

TEST(told_queue, a_young_file_that_is_told_of_twice_comes_once_for_each_time) {
  told_queue q;
  q.wait_to_grow(at("a"), told_start);
  q.wait_to_grow(at("a"), told_start);
  EXPECT_EQ(q.young_files(), 1u);
  q.wait_to_grow(at("a"), told_start + 1s);  // the file changed
  q.wait_to_grow(at("a", 1), told_start);
  EXPECT_EQ(q.young_files(), 3u);
  q.grow_up(told_start + 1s);
  EXPECT_THAT(files_of(q), ElementsAre("a", "a", "a"));
}

TEST(told_queue, of_too_many_young_files_those_that_are_old_enough_first_stay) {
  told_queue q;
  for (std::size_t n = 0; n < most_young; ++n) q.wait_to_grow(at(n), told_start + n * 1s);
  q.wait_to_grow(at("last of all"), told_start + most_young * 1s);
  EXPECT_EQ(q.young_files(), most_young);
  q.wait_to_grow(at("soon"), told_start);
  EXPECT_EQ(q.young_files(), most_young);
  q.grow_up(told_start + most_young * 1s);
  const auto all = files_of(q);
  ASSERT_EQ(all.size(), most_young);
  EXPECT_EQ(all.front(), "0");
  EXPECT_EQ(all[1], "soon");
  EXPECT_EQ(all.back(), std::to_string(most_young - 2)) << "the youngest made room";
}

TEST(told_queue, what_is_put_off_takes_nobodys_room) {
  told_queue q;
  for (std::size_t n = 0; n < most_young; ++n) ASSERT_TRUE(q.put_off(at(n), told_start + 1h));
  EXPECT_FALSE(q.put_off(at("soon"), told_start));
  EXPECT_EQ(q.next_at(), told_start + 1h);
}

TEST(told_queue, files_that_grow_up_wait_where_too_many_have_been_told_of) {
  told_queue q;
  for (std::size_t n = 0; n < 2 * most_told - 1; ++n) q.add_file(at("told"));
  for (std::size_t n = 0; n < 3; ++n) q.wait_to_grow(at(n), told_start);
  q.grow_up(told_start);
  EXPECT_EQ(q.young_files(), 2u);
  EXPECT_EQ(files_of(q).back(), "0");
  q.grow_up(told_start);
  EXPECT_THAT(files_of(q), ElementsAre("1", "2"));
}

TEST(told_queue, nothing_is_left_after_it_was_cleared) {
  told_queue q;
  q.add_file(at("a")), q.add_directory(at("b")), q.wait_to_grow(at("c"), told_start);
  q.forget_all();
  EXPECT_FALSE(q.has_file());
  EXPECT_FALSE(q.has_directory());
  q.grow_up(told_start + 1h);
  EXPECT_THAT(files_of(q), IsEmpty());
}

/// The bounds hold whatever comes, no file comes too early, and what was taken in comes out.
TEST(told_queue, holds_its_bounds_and_loses_nothing_that_it_took) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random{seed};
    told_queue q;
    auto now = told_start;
    std::size_t in = 0, out = 0;
    std::size_t directories_in = 0, directories_out = 0;
    for (std::size_t n = 0; n < 20'000; ++n) {
      now += std::chrono::milliseconds{random() % 100};
      switch (random() % 8) {
        case 0:
        case 1:
        case 2:
          if (q.has_room()) q.add_file(at(n)), ++in;
          break;
        case 3:
        case 4:
          if (q.put_off(at(n), now + std::chrono::seconds{random() % 1000})) ++in;
          break;
        case 5:
          if (q.add_directory(at(n))) ++directories_in;
          break;
        case 6:
          if (random() % 4 == 0 && q.next_directory()) ++directories_out;
          break;
        default:
          for (auto k = random() % 3; k > 0; --k)
            if (q.next_file()) ++out;
          break;
      }
      q.grow_up(now);
      ASSERT_LE(q.young_files(), most_young);
      ASSERT_TRUE(!q.has_room() || q.next_at().value_or(wall_time::max()) > now) << seed;
    }
    for (; q.young_files() > 0 || q.has_file(); now += 1h) {
      q.grow_up(now);
      out += files_of(q).size();
    }
    while (q.next_directory()) ++directories_out;
    EXPECT_EQ(out, in) << seed;
    EXPECT_EQ(directories_out, directories_in) << seed;
  }
}

}  // namespace
}  // namespace sluice::core
