#include "cli/terminal/progress_text.hpp"

#include <gmock/gmock.h>

namespace sluice::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

progress some_progress() {
  progress p;
  p.counts.add(fate::accepted, 12'000), p.counts.add(fate::rejected, 345), p.total = 23'000,
                                                                           p.backing_off = 5;
  return p;
}

TEST(progress_bar, has_all_figures_where_there_is_room) {
  const auto text = progress_bar(some_progress(), {9870, 3.1e8}, 200);
  EXPECT_EQ(
      text,
      "[================>             ] 53 % 12,345/23,000  9,870/s  310 MB/s  0:01 left  345 failed  5 to "
      "retry");
}

// The end of the line was cut, and the failures are there.
TEST(progress_bar, loses_its_middle_and_never_its_failures) {
  for (std::size_t columns = 35; columns < 120; ++columns) {
    const auto text = progress_bar(some_progress(), {9870, 3.1e8}, columns);
    EXPECT_LT(text.size(), columns);
    EXPECT_THAT(text, HasSubstr("345 failed")) << columns;
  }
  EXPECT_THAT(progress_bar(some_progress(), {9870, 3.1e8}, 60), StartsWith("53 % 12,345/23,000  9,870/s"));
  EXPECT_EQ(progress_bar(some_progress(), {9870, 3.1e8}, 16), "345 failed");  // no half of a number
  EXPECT_EQ(progress_bar(some_progress(), {9870, 3.1e8}, 10), "");
  EXPECT_THAT(progress_bar(some_progress(), {9870, 3.1e8}, 0), IsEmpty());
}

TEST(progress_bar, has_the_window_in_its_middle) {
  const std::string window = "  window 24, 24 in flight";
  EXPECT_THAT(progress_bar(some_progress(), {9870, 3.1e8}, 80, window), HasSubstr(window));
  for (std::size_t columns = 13; columns < 120; ++columns)
    EXPECT_THAT(progress_bar(some_progress(), {9870, 3.1e8}, columns, window), HasSubstr("345 failed"))
        << columns;
}

TEST(followed_bar, loses_what_waits_before_its_failures) {
  auto p = some_progress();
  p.window = 24, p.backlog = 1204;
  const auto at = std::chrono::system_clock::time_point{};
  EXPECT_THAT(followed_bar(p, {3.2, 1000}, at, 200), HasSubstr("1,204 waiting"));
  for (std::size_t columns = 30; columns < 160; ++columns) {
    const auto text = followed_bar(p, {3.2, 1000}, at, columns);
    EXPECT_LT(text.size(), columns);
    EXPECT_THAT(text, HasSubstr("345 failed")) << columns;
  }
}

TEST(reason_lines, are_five_and_one_for_what_is_missing) {
  std::vector<failure_reason> all;
  for (std::uint64_t i = 0; i < 8; ++i) all.push_back({fate::rejected, 10 - i, "status 404", "a\x1b.jpg"});
  all.push_back({fate::missing, 1, "there is no such file", "b\r"});
  const auto lines = reason_lines(all);
  ASSERT_THAT(lines, SizeIs(6));
  EXPECT_THAT(lines[0],
              StartsWith("missing: 1 × there is no such file, the first 'b\\x0d': it ends in a carriage"));
  EXPECT_EQ(lines[1], "rejected: 10 × status 404, e.g. 'a\\x1b.jpg'");
  EXPECT_THAT(reason_lines({}), IsEmpty());
}

TEST(remedy, names_the_options_for_an_unknown_authority) {
  EXPECT_THAT(remedy_for("no trusted connection: (unable to get local issuer certificate)"),
              HasSubstr("--cacert"));
  EXPECT_THAT(remedy_for("(self-signed certificate)"), HasSubstr("--pinnedpubkey"));
  EXPECT_EQ(remedy_for("the endpoint refuses us: status 403"), "");
  EXPECT_THAT(remedy_for("(certificate has expired)"), HasSubstr("clock"));
  EXPECT_THAT(remedy_for("(hostname mismatch)"), HasSubstr("URL"));
}

}  // namespace
}  // namespace sluice::cli
