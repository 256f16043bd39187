#include "core/http/idempotency_key.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

using namespace std::literals;
using namespace sluice::core;

namespace {

const file_identity camera_file{
    .device = 1, .inode = 42, .size = 123'456, .mtime_ns = 1'700'000'000'123'456'789, .ctime_ns = 2};
const auto camera_key = "2c8379fb-67b8-558f-a5c7-1b6fa2d75387"s;

void expect_uuid(const std::string& text, char version) {
  ASSERT_EQ(text.size(), 36u);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef-"), text.npos);
  EXPECT_EQ(text[14], version);
  EXPECT_NE("89ab"sv.find(text[19]), std::string_view::npos);
}

// The values were computed apart from this code, from RFC 9562 with SHA-1 and from FNV-1a. A key that changes
// with a release makes the server take a file that is sent again for a new one.
TEST(IdempotencyKey, StaysTheSameFromReleaseToRelease) {
  EXPECT_EQ(idempotency_key("cam1/a.jpg", camera_file), camera_key);
  EXPECT_EQ(uuid_from_key(camera_key), "2c7809ba-0cb9-5d15-bd58-895f26056273");
  EXPECT_EQ(number_from_key(camera_key), 4'200'929'963'473'105u);
}

TEST(IdempotencyKey, ChangesWithPathInodeSizeAndTime) {
  std::set<std::string> keys{idempotency_key("cam1/a.jpg", camera_file)};
  auto other = camera_file;
  keys.insert(idempotency_key("cam1/b.jpg", other));
  other = camera_file, other.inode += 1;
  keys.insert(idempotency_key("cam1/a.jpg", other));
  other = camera_file, other.size += 1;
  keys.insert(idempotency_key("cam1/a.jpg", other));
  other = camera_file, other.mtime_ns += 1;
  keys.insert(idempotency_key("cam1/a.jpg", other));
  EXPECT_EQ(keys.size(), 5u);
  for (const auto& key : keys) expect_uuid(key, '5');
}

TEST(IdempotencyKey, DoesNotChangeWithDeviceAndCtime) {
  auto other = camera_file;
  other.device = 99, other.ctime_ns = 99;  // a remount, a chmod
  EXPECT_EQ(idempotency_key("cam1/a.jpg", other), camera_key);
}

TEST(IdempotencyKey, NumbersAndPathDoNotRunIntoEachOther) {
  std::set<std::string> keys;
  const std::uint64_t values[] = {0, 1, 0x31, 0x3131, 0x100, std::numeric_limits<std::uint64_t>::max()};
  const std::string_view paths[] = {""sv, "1"sv, "11"sv, "\0"sv, "\0\0\0\0\0\0\0\1"sv, "\xff"sv};
  for (const auto inode : values)
    for (const auto size : values)
      for (const auto mtime : values)
        for (const auto path : paths)
          keys.insert(idempotency_key(path, {0, inode, size, static_cast<std::int64_t>(mtime), 0}));
  EXPECT_EQ(keys.size(), 6u * 6 * 6 * 6);
}

TEST(IdempotencyKey, ARandomKeyHoldsItsBits) {
  EXPECT_EQ(random_key(0x0123456789abcdef, 0xfedcba9876543210), "01234567-89ab-4def-bedc-ba9876543210");
  expect_uuid(random_key(0, 0), '4');
  expect_uuid(random_key(~0ull, ~0ull), '4');
}

TEST(IdempotencyKey, NumbersFromKeysSpreadBelow2To53) {
  std::set<std::uint64_t> numbers;
  std::uint64_t all = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto number = number_from_key(random_key(0, i));
    ASSERT_LT(number, 1ull << 53);
    all |= number;
    numbers.insert(number);
  }
  EXPECT_EQ(numbers.size(), 10'000u);
  EXPECT_EQ(all, (1ull << 53) - 1) << "every bit is used";
  EXPECT_LT(number_from_key(""), 1ull << 53);
}

TEST(IdempotencyKey, TheUuidIsNotTheKey) {
  expect_uuid(uuid_from_key(camera_key), '5');
  EXPECT_NE(uuid_from_key(camera_key), camera_key);
  EXPECT_NE(uuid_from_key("a"), uuid_from_key("b"));
}

}  // namespace
