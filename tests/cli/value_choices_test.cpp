#include "cli/generate/value_choices.hpp"

#include "cli/options/option_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(value_choices, are_the_words_of_a_value) {
  EXPECT_THAT(choices_of("auto|bar|line|none").words, ElementsAre("auto", "bar", "line", "none"));
  EXPECT_THAT(choices_of("1.2|1.3").words, ElementsAre("1.2", "1.3"));
  EXPECT_THAT(choices_of("N|auto").words, ElementsAre("auto"));
  EXPECT_THAT(choices_of("N|auto[,...]").words, ElementsAre("auto"));
  EXPECT_THAT(choices_of("N[/s|/m|/h]|off").words, ElementsAre("off"));
  EXPECT_THAT(choices_of("name|size[,desc]").words, ElementsAre("name", "size", "name,desc", "size,desc"));
  for (const auto* nothing : {"", "N", "K/N", "TIME", "BYTES[-BYTES]", "ADDR:PORT", "'K: V'", "NAME=VALUE",
                              "POINTER=VALUE", "[SCHEME://][USER:PASSWORD@]HOST:PORT", "\"NAME: VALUE\""})
    EXPECT_TRUE(choices_of(nothing).nothing()) << nothing;
}

TEST(value_choices, are_files_and_directories) {
  const auto disposal = choices_of("keep|delete|move=DIR");
  EXPECT_THAT(disposal.words, ElementsAre("keep", "delete"));
  EXPECT_THAT(disposal.directories_after, ElementsAre("move="));
  EXPECT_FALSE(disposal.directories);
  EXPECT_TRUE(choices_of("FILE").files);
  EXPECT_TRUE(choices_of("FILE|-").files);
  EXPECT_THAT(choices_of("FILE|-").words, IsEmpty()) << "a stream";
  EXPECT_TRUE(choices_of("PATH").files);
  EXPECT_TRUE(choices_of("DIR").directories);
  EXPECT_TRUE(choices_of("@FILE").files_after_at);
  EXPECT_TRUE(choices_of("'K: V'|@FILE").files_after_at);
}

/// A value that is written in another way is noticed here.
TEST(value_choices, of_all_options_are_what_their_text_means) {
  for (const auto& row : option_rows()) {
    const auto c = choices_of(row.value);
    const bool names_a_file =
        row.value.find("FILE") != row.value.npos || row.value.find("PATH") != row.value.npos;
    EXPECT_EQ(c.files || c.files_after_at, names_a_file) << row.name;
    const bool names_a_directory = row.value.find("DIR") != row.value.npos;
    EXPECT_EQ(c.directories || !c.directories_after.empty(), names_a_directory) << row.name;
  }
}

}  // namespace
}  // namespace sluice::cli
