#include "core/files/shard_range.hpp"

#include "core/files/selection.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The vectors of docs/many-machines.md, by Python's hashlib.
TEST(shard, of_a_path_is_what_others_compute) {
  EXPECT_EQ(place_of_path("a"), 0xca978112u);
  EXPECT_THAT((std::array{shard_of("a", 1), shard_of("a", 4), shard_of("a", 16), shard_of("a", 100)}),
              ElementsAre(1u, 4u, 13u, 80u));
  EXPECT_EQ(place_of_path("a.jpg"), 0x509b0d46u);
  EXPECT_THAT(
      (std::array{shard_of("a.jpg", 1), shard_of("a.jpg", 4), shard_of("a.jpg", 16), shard_of("a.jpg", 100)}),
      ElementsAre(1u, 2u, 6u, 32u));
  EXPECT_EQ(place_of_path("sub/d.jpg"), 0x0060358bu);
  EXPECT_THAT((std::array{shard_of("sub/d.jpg", 1), shard_of("sub/d.jpg", 4), shard_of("sub/d.jpg", 16),
                          shard_of("sub/d.jpg", 100)}),
              ElementsAre(1u, 1u, 1u, 1u));
  EXPECT_EQ(place_of_path("2026/11/cam 1.tar.gz"), 0x02f22296u);
  EXPECT_THAT((std::array{shard_of("2026/11/cam 1.tar.gz", 1), shard_of("2026/11/cam 1.tar.gz", 4),
                          shard_of("2026/11/cam 1.tar.gz", 16), shard_of("2026/11/cam 1.tar.gz", 100)}),
              ElementsAre(1u, 1u, 1u, 2u));
  EXPECT_EQ(place_of_path("\xc3\xa4"
                          ".txt"),
            0x95e17be1u);
  EXPECT_THAT((std::array{shard_of("\xc3\xa4"
                                   ".txt",
                                   1),
                          shard_of("\xc3\xa4"
                                   ".txt",
                                   4),
                          shard_of("\xc3\xa4"
                                   ".txt",
                                   16),
                          shard_of("\xc3\xa4"
                                   ".txt",
                                   100)}),
              ElementsAre(1u, 3u, 10u, 59u));
}

TEST(shard, covers_each_place_once_whatever_the_number) {
  for (const std::uint32_t of : {1u, 2u, 3u, 7u, 16u, 1000u, 65'535u, 65'536u}) {
    std::uint64_t end = 0;
    for (std::uint32_t k = 1; k <= of; ++k) {
      const auto r = range_of({k, of});
      ASSERT_EQ(r.begin, end) << k << "/" << of;
      ASSERT_LT(r.begin, r.end);
      end = r.end;
    }
    EXPECT_EQ(end, all_places.end);
  }
  EXPECT_EQ(range_of({1, 1}), all_places);
}

TEST(shard, has_the_files_that_its_range_has) {
  for (const std::uint32_t of : {2u, 3u, 7u, 65'536u})
    for (int n = 0; n < 2000; ++n) {
      const auto path = "d/" + std::to_string(n);
      const auto k = shard_of(path, of);
      ASSERT_TRUE(range_of({k, of}).contains(place_of_path(path))) << path << " " << of;
      if (k > 1) {
        ASSERT_FALSE(range_of({k - 1, of}).contains(place_of_path(path)));
      }
      if (k < of) {
        ASSERT_FALSE(range_of({k + 1, of}).contains(place_of_path(path)));
      }
    }
}

/// The names that cameras, logs and exports give: numbers in a row, by day, by hash.
TEST(shard, of_a_million_paths_has_a_sixteenth_to_within_5_percent) {
  constexpr std::uint32_t of = 16;
  constexpr int folders = 100'000, files = 10;
  std::vector<selector> selectors;
  for (std::uint32_t k = 1; k <= of; ++k) {
    selection rules;
    rules.shard = shard{k, of};
    selectors.push_back(selector::compile(rules).value());
  }
  std::array<int, of> counts{};
  for (int d = 0; d < folders; ++d) {
    const auto folder = "2026/" + std::to_string(d / 1000) + "/cam-" + std::to_string(d % 1000) + "/";
    for (int f = 0; f < files; ++f) {
      const auto path = folder + "img_" + std::to_string(f) + ".jpg";
      const auto k = shard_of(path, of);
      ++counts.at(k - 1);
      ASSERT_TRUE(selectors[k - 1].is_ours(path)) << path;
      ASSERT_FALSE(selectors[k % of].is_ours(path)) << path;
      ASSERT_FALSE(selectors[(k + 7) % of].is_ours(path)) << path;
    }
  }
  constexpr double sixteenth = static_cast<double>(folders) * files / of;
  for (const auto n : counts) EXPECT_NEAR(n, sixteenth, sixteenth * 0.05);
}

TEST(shard, is_read_as_people_write_it) {
  EXPECT_EQ(shard_from_string("1/4"), (shard{1, 4}));
  EXPECT_EQ(shard_from_string("4/4"), (shard{4, 4}));
  EXPECT_EQ(shard_from_string("0/4"), (shard{4, 4})) << "numbers that are counted from 0";
  EXPECT_EQ(shard_from_string("0/1"), (shard{1, 1}));
  EXPECT_EQ(shard_from_string("65536/65536"), (shard{65'536, 65'536}));
  for (const auto* text : {"", "/", "1", "1/", "/4", "5/4", "-1/4", "1/0", "0/0", "1/65537", " 1/4", "1/4 ",
                           "1//4", "1/4/4", "+1/4", "1.0/4", "4294967297/4", "1/4294967297", "a/b"})
    EXPECT_EQ(shard_from_string(text), std::nullopt) << text;
  EXPECT_EQ(to_string(shard{3, 16}), "3/16");
}

TEST(shard, of_nothing_is_one_that_a_compiler_of_rules_refuses) {
  EXPECT_EQ(shard_of("a", 0), 1u);
  for (const auto s : {shard{0, 0}, shard{0, 4}, shard{5, 4}, shard{1, 65'537}, shard{1, 0}}) {
    selection rules;
    rules.shard = s;
    const auto refused = selector::compile(rules);
    ASSERT_FALSE(refused) << to_string(s);
    EXPECT_THAT(refused.error().what, HasSubstr("select.shard: " + to_string(s)));
    ASSERT_EQ(problems(rules).size(), 1u);
  }
  EXPECT_TRUE(selector::compile({})->is_ours("a"));
}

}  // namespace
}  // namespace sluice::core
