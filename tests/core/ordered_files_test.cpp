#include "core/files/ordered_files.hpp"

#include "support/turn_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sluice::core {
namespace {

using by = order::by;

std::vector<listed_file> some_files(std::size_t count, unsigned seed = 1) {
  std::mt19937_64 random{seed};
  std::vector<listed_file> all;
  for (std::size_t n = 0; n < count; ++n) {
    const auto time = 1'800'000'000'000'000'000 + static_cast<std::int64_t>(random() % 3'600'000'000'000);
    all.push_back({"2026/" + std::to_string(n / 1000) + "/camera-" + std::to_string(n) + ".jpg", 0, false,
                   file_identity{64'768, 1'000'000 + n, random() % 50'000, time, time}});
  }
  std::ranges::shuffle(all, random);
  return all;
}

void fill(ordered_files& to, const std::vector<listed_file>& all) {
  for (const auto& f : all) to.add_file(f);
  while (!to.sort_some()) {
  }
}

std::vector<listed_file> drain(ordered_files& from) {
  std::vector<listed_file> all;
  while (auto f = from.next_file()) all.push_back(std::move(*f));
  return all;
}

std::vector<listed_file> in_order(std::vector<listed_file> all, const order& o) {
  std::ranges::sort(all, [&](const auto& a, const auto& b) { return comes_before(a, b, o); });
  return all;
}

constexpr order orders[] = {{by::name, false}, {by::name, true},  {by::mtime, false},
                            {by::mtime, true}, {by::size, false}, {by::size, true}};

TEST(ordered_files, come_out_in_each_order_however_many_there_are) {
  for (const std::size_t count : {0u, 1u, 2u, 2047u, 2048u, 2049u, 20'000u})
    for (const auto& o : orders) {
      const auto all = some_files(count);
      ordered_files ordered{o};
      fill(ordered, all);
      EXPECT_TRUE(drain(ordered) == in_order(all, o)) << count;
      EXPECT_FALSE(ordered.has_rest());
    }
}

TEST(ordered_files, names_and_then_roots_break_ties) {
  const std::vector<listed_file> all{{"b", 1, false, {}}, {"a", 2, false, {}}, {"b", 0, true, {}}};
  ordered_files up{{by::size, false}}, down{{by::size, true}};
  fill(up, all), fill(down, all);
  EXPECT_EQ(drain(up), (std::vector{all[1], all[2], all[0]}));
  EXPECT_EQ(drain(down), (std::vector{all[0], all[2], all[1]}));
}

TEST(ordered_files, nothing_comes_out_before_they_are_sorted) {
  ordered_files ordered{{by::name, false}};
  ordered.add_file({"a", 0, false, {}});
  EXPECT_FALSE(ordered.next_file());
  EXPECT_FALSE(ordered.is_sorted());
  while (!ordered.sort_some()) EXPECT_FALSE(ordered.next_file());
  EXPECT_TRUE(ordered.next_file());
}

// One listing after the other, each behind the one before: nothing comes twice, nothing is left out for good.
TEST(ordered_files, with_a_bound_listing_after_listing_has_all_of_them_in_order) {
  for (const std::size_t most : {1u, 40'000u, 100'000u, 400'000u})
    for (const auto& o : orders) {
      auto all = some_files(most == 1 ? 3000 : 30'000);
      ordered_files ordered{o, most};
      std::vector<listed_file> seen;
      std::size_t listings = 0;
      do {
        if (listings++ > 0) ordered.begin_rest();
        fill(ordered, all);
        const auto some = drain(ordered);
        ASSERT_FALSE(some.empty());
        seen.insert(seen.end(), some.begin(), some.end());
      } while (ordered.has_rest());
      EXPECT_TRUE(seen == in_order(all, o)) << most;
      EXPECT_GT(listings, 1u);
      EXPECT_TRUE(most == 1 || listings <= 60) << listings;
    }
}

// The worst way to come: each file before all others.
TEST(ordered_files, a_bound_holds_however_they_come) {
  for (const bool descending : {false, true}) {
    const order o{by::name, descending};
    constexpr std::size_t most = 200'000;
    ordered_files ordered{o, most};
    std::size_t largest = 0;
    const auto all = in_order(some_files(60'000), {by::name, true});
    for (const auto& f : all) {
      ordered.add_file(f);
      largest = std::max(largest, ordered.byte_count());
    }
    EXPECT_LE(largest, 2 * most);
    while (!ordered.sort_some()) {
    }
    const auto some = drain(ordered);
    EXPECT_TRUE(ordered.has_rest());
    const auto sorted = in_order(all, o);
    EXPECT_TRUE(std::equal(some.begin(), some.end(), sorted.begin())) << "the first ones, none missing";
    EXPECT_GE(some.size(), 2000u);
  }
}

TEST(ordered_files, files_that_come_between_two_listings_are_in_the_second_if_they_are_behind_the_first) {
  const order o{by::name, false};
  ordered_files ordered{o, 1};
  auto all = some_files(10'000);
  fill(ordered, all);
  const auto last = drain(ordered).back();
  ASSERT_TRUE(ordered.has_rest());
  auto before = last, behind = last;
  before.path.pop_back(), behind.path += '0';
  all.push_back(before), all.push_back(behind);
  ordered.begin_rest();
  fill(ordered, all);
  EXPECT_EQ(drain(ordered).front(), behind);
}

TEST(ordered_files, take_few_bytes_a_name) {
  constexpr std::size_t count = 100'000;
  for (const auto& o : orders) {
    ordered_files ordered{o};
    fill(ordered, some_files(count));
    EXPECT_LE(ordered.byte_count(), 40 * count);
  }
}

TEST(ordered_files, no_step_holds_the_loop) {
  constexpr std::size_t count = 300'000;
  const auto all = some_files(count);
  for (const std::size_t most : {ordered_files::unbounded, std::size_t{1} << 20}) {
    const auto longest = support::longest_turn([&](support::turn_clock& turns) {
      ordered_files ordered{{by::mtime, true}, most};
      for (const auto& f : all) turns.measure([&] { ordered.add_file(f); });
      while (!turns.measure([&] { return ordered.sort_some(); })) {
      }
      while (turns.measure([&] { return ordered.next_file().has_value(); })) {
      }
    });
    EXPECT_LT(longest, support::turn_clock::most);
  }
}

}  // namespace
}  // namespace sluice::core
