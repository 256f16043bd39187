#include "io/disk/log_lines.hpp"

#include "support/log_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

namespace sluice::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct read_lines {
  std::vector<std::string> whole;
  std::size_t too_long = 0;
  error_code error;
};

read_lines lines_of(std::unique_ptr<log_bytes> from) {
  read_lines all;
  log_lines lines{std::move(from)};
  while (lines.step(
      [&](std::string_view line, bool whole) {
        if (whole)
          all.whole.emplace_back(line);
        else
          ++all.too_long;
      },
      all.error)) {
  }
  return all;
}
read_lines lines_of(std::string text) {
  return lines_of(std::make_unique<support::log_text>(std::move(text)));
}

TEST(log_lines, are_what_stands_between_line_ends) {
  EXPECT_THAT(lines_of("").whole, IsEmpty());
  EXPECT_THAT(lines_of("\n").whole, ElementsAre(""));
  EXPECT_THAT(lines_of("a\n\nbc").whole, ElementsAre("a", "", "bc"));
  EXPECT_THAT(lines_of(std::string("a\0b\n", 4)).whole, ElementsAre(std::string("a\0b", 3)));
}

TEST(log_lines, are_whole_wherever_a_piece_ends) {
  for (const std::size_t length : {1u, 100u, 131'071u, 131'072u, 131'073u, 500'000u}) {
    std::string text;
    for (char c = 'a'; c < 'f'; ++c) text += std::string(length, c) + "\n";
    const auto all = lines_of(text);
    ASSERT_THAT(all.whole, SizeIs(5)) << length;
    for (char c = 'a'; c < 'f'; ++c)
      EXPECT_EQ(all.whole[static_cast<std::size_t>(c - 'a')], std::string(length, c));
  }
}

// A line of any length took memory for all of it.
TEST(log_lines, that_are_longer_than_any_record_are_passed_over) {
  const auto all = lines_of("a\n" + std::string(5'000'000, 'x') + "\nb\n" + std::string(3'000'000, '\0'));
  EXPECT_THAT(all.whole, ElementsAre("a", "b"));
  EXPECT_EQ(all.too_long, 2u);
}

class broken final : public log_bytes {
 public:
  std::size_t read(std::span<char>, error_code& ec) override {
    ec = {EIO, boost::system::system_category()};
    return 0;
  }
  std::uint64_t size() const noexcept override { return 1; }
};

TEST(log_lines, say_why_there_are_no_more) {
  EXPECT_EQ(lines_of(std::make_unique<broken>()).error.value(), EIO);
}

}  // namespace
}  // namespace sluice::io
