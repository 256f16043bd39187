#include "core/report/reasons.hpp"

#include <gmock/gmock.h>

namespace sluice::core {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

file_record failed(std::string path, std::string error, fate f = fate::rejected, int status = 404) {
  file_record r;
  r.path = std::move(path), r.reason = std::move(error), r.fate = f, r.status = status;
  return r;
}

// 300 refusals were 300 counts and not one reason.
TEST(reasons, of_many_files_are_one_with_a_count_and_the_first_name) {
  reasons all;
  for (int i = 0; i < 300; ++i) {
    const auto name = "cam1/img_" + std::to_string(i) + ".jpg";
    all.add(failed(name, "status 404, no room for " + name + " at 2026-11-27T10:00:" + std::to_string(i)));
  }
  ASSERT_THAT(all.list(), SizeIs(1));
  EXPECT_EQ(all.list()[0].count, 300u);
  EXPECT_EQ(all.list()[0].fate, fate::rejected);
  EXPECT_EQ(all.list()[0].reason, "status 404, no room for cam1/img_0.jpg at 2026-11-27T10:00:0");
  EXPECT_EQ(all.list()[0].example, "cam1/img_0.jpg");
}

TEST(reasons, differ_by_fate_status_and_words_and_the_most_frequent_comes_first) {
  reasons all;
  all.add(failed("a", "status 404, no", fate::rejected, 404));
  all.add(failed("b", "status 410, no", fate::rejected, 410));
  all.add(failed("c", "status 410, no", fate::rejected, 410));
  all.add(failed("d", "status 410, no", fate::deferred, 410));
  all.add(failed("e", "status 410, never", fate::rejected, 410));
  ASSERT_THAT(all.list(), SizeIs(4));
  EXPECT_EQ(all.list()[0].example, "b");
  EXPECT_EQ(all.list()[0].count, 2u);
  EXPECT_EQ(all.list()[1].example, "a") << "as frequent: in the order they came";
}

TEST(reasons, of_what_is_well_or_gone_by_itself_are_none) {
  reasons all;
  for (const auto f : {fate::accepted, fate::skipped, fate::vanished}) all.add(failed("a", "x", f, 0));
  EXPECT_THAT(all.list(), IsEmpty());
  for (const auto f : {fate::rejected, fate::deferred, fate::changed, fate::undeletable, fate::missing})
    all.add(failed("a", "x", f, 0));
  EXPECT_THAT(all.list(), SizeIs(5));
}

// A server may answer each file with words of its own.
TEST(reasons, are_bounded_whatever_the_server_says) {
  reasons all;
  std::string word = "a";
  for (int i = 0; i < 1000; ++i) {
    all.add(failed("f", word, i % 2 == 0 ? fate::rejected : fate::deferred));
    if (word.back() == 'z')
      word += 'a';
    else
      ++word.back();
  }
  const auto list = all.list();
  EXPECT_THAT(list, SizeIs(reasons::most + 2));
  std::uint64_t sum = 0;
  for (const auto& r : list) {
    sum += r.count;
    EXPECT_LE(r.reason.size(), 310u);
  }
  EXPECT_EQ(sum, 1000u);
  EXPECT_EQ(list[0].reason, "other reasons");
}

TEST(reasons, are_cut_between_characters) {
  reasons all;
  std::string text(299, 'x');
  for (int i = 0; i < 10; ++i) text += "ä";
  all.add(failed("f", text));
  EXPECT_EQ(all.list()[0].reason, std::string(299, 'x') + "…");
}

TEST(normalised, leaves_words_and_takes_what_differs) {
  EXPECT_EQ(normalised("no room for a/b.jpg", "a/b.jpg"), "no room for #");
  EXPECT_EQ(normalised("b.jpg is bad", "a/b.jpg"), "# is bad");
  EXPECT_EQ(normalised("id 550e8400-e29b-41d4-a716-446655440000 at 10:00", "x"), "id # at #");
  EXPECT_EQ(normalised(R"({"error":"quota","used":123})", "x"), R"({"error":"quota","used"#})");
  EXPECT_EQ(normalised("", "x"), "");
}

// "the server cannot store it" was a reason of its own for a file named `it`, `the` or `st`.
TEST(reasons, a_name_that_is_a_part_of_a_word_makes_no_other_reason) {
  for (const auto* name : {"it", "st", "the", "ca"})
    EXPECT_EQ(normalised("the server cannot store anything", name), name == std::string_view{"the"}
                                                                        ? "# server cannot store anything"
                                                                        : "the server cannot store anything");
  EXPECT_EQ(normalised("duplicate image alpha", "cam/alpha.jpg"), "duplicate image #");
  EXPECT_EQ(normalised("'alpha.jpg' is not one", "cam/alpha.jpg"), "'#' is not one");
}

}  // namespace
}  // namespace sluice::core
