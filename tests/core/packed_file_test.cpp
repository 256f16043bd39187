#include "core/files/packed_file.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace sluice::core {
namespace {

void expect_round_trip(const std::vector<listed_file>& all) {
  std::string bytes;
  listed_file before;
  for (const auto& f : all) {
    pack_file(bytes, before, f);
    before = f;
  }
  listed_file f;
  std::size_t at = 0;
  for (const auto& expected : all) {
    at = unpack_file(bytes, at, f);
    EXPECT_EQ(f, expected) << expected.path;
  }
  EXPECT_EQ(at, bytes.size());
}

TEST(packed_file, comes_out_as_it_went_in) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  constexpr auto last = std::numeric_limits<std::int64_t>::max(),
                 first = std::numeric_limits<std::int64_t>::min();
  expect_round_trip({});
  expect_round_trip(
      {{"", 0, false, {}}, {"a", 0, true, {}}, {"a", 1, false, {}}, {"ab", 4'000'000'000, true, {}}});
  expect_round_trip({
      {"d/a", 0, false, file_identity{1, 2, 3, 4, 4}},
      {"d/b", 0, false, file_identity{1, 3, 3, 4, 5}},
      {"d/c", 0, false, {}},
      {"d/d", 0, false, file_identity{most, most, most, last, first}},
      {"e", 0, false, file_identity{0, 0, 0, first, last}},
      {std::string(5000, '\xff') + '\0', 0, true, file_identity{most, 1, 1 << 20, -1, 0}},
  });
}

TEST(packed_file, comes_out_as_it_went_in_whatever_it_is) {
  std::mt19937_64 random{1};
  std::vector<listed_file> all(5000);
  for (auto& f : all) {
    const auto number = [&] { return random() >> (random() % 64); };
    for (auto n = number() % 20; n > 0; --n) f.path += static_cast<char>(random());
    f.root = static_cast<std::uint32_t>(number()), f.listed = number() % 2 == 0;
    const auto time = [&] { return static_cast<std::int64_t>(number()); };
    if (number() % 4 != 0) f.identity = file_identity{number() % 3, number(), number(), time(), time()};
  }
  expect_round_trip(all);
}

TEST(packed_file, is_small_beside_its_neighbour) {
  const listed_file before{
      "2026/11/30/camera-0000017.jpg", 0, false,
      file_identity{64'768, 12'345'678, 30'000, 1'800'000'000'000'000'000, 1'800'000'000'000'000'000}};
  auto f = before;
  f.path = "2026/11/30/camera-0000018.jpg";
  f.identity->inode += 1, f.identity->size += 500, f.identity->mtime_ns += 20'000'000,
      f.identity->ctime_ns += 20'000'000;
  std::string bytes;
  pack_file(bytes, before, f);
  EXPECT_LE(bytes.size(), 16u);
}

}  // namespace
}  // namespace sluice::core
