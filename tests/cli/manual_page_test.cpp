#include "cli/generate/manual_page.hpp"

#include "cli/generate/roff.hpp"
#include "cli/options/verb_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace sluice::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(roff, text_keeps_what_is_code_and_takes_the_rest_of_the_marks_away) {
  EXPECT_EQ(roff_text("Take `--form` and [the page](a.md#b)."), "Take \\fB\\-\\-form\\fR and the page.\n");
  EXPECT_EQ(roff_text("A back\\slash."), "A back\\eslash.\n");
  EXPECT_EQ(roff_text(".tmp is a name."), "\\&.tmp is a name.\n");
  EXPECT_EQ(roff_text("'q' is one."), "\\&'q' is one.\n");
}

TEST(roff, text_begins_each_sentence_on_a_line_of_its_own) {
  EXPECT_EQ(roff_text("One. Two (or so.) Three! No e.g stop\nhere"),
            "One.\nTwo (or so.)\nThree!\nNo e.g stop here\n");
  EXPECT_EQ(roff_text("One.\n\nTwo."), "One.\n.Pp\nTwo.\n");
}

TEST(roff, text_has_lists_tables_and_blocks) {
  EXPECT_EQ(roff_text("- A is\n  one.\n- B."), ".Bl -bullet\n.It\nA is one.\n.It\nB.\n.El\n");
  EXPECT_EQ(roff_text("| a | b |\n|---|---|\n| `x\\|y` | Text. |"),
            ".Bl -tag -width Ds\n.It \"x|y\"\nText.\n.El\n");
  EXPECT_EQ(roff_text("```jsonc\n{\n  \"a\": 1\n}\n```"),
            ".Bd -literal -offset indent\n{\n  \"a\": 1\n}\n.Ed\n");
}

TEST(roff, argument_is_one_whatever_is_in_it) {
  EXPECT_EQ(roff_argument("'K: V' \"x\" \\"), "\"'K: V' \\(dqx\\(dq \\e\"");
}

TEST(manual_page, has_all_options_of_its_verb_and_no_others) {
  for (const auto& v : verb_rows()) {
    const auto page = make_manual_page(v.what);
    EXPECT_THAT(page, StartsWith(".Dd ")) << v.does;
    for (const auto& row : option_rows()) {
      std::string name;
      for (const char c : row.name) name += c == '-' ? std::string{"\\-"} : std::string{c};
      const bool there =
          page.find("Fl \\-" + name + " ") != page.npos || page.find("Fl \\-" + name + "\n") != page.npos;
      EXPECT_EQ(there, find_option(row.name, v.what) != nullptr) << to_string(v.what) << " " << row.name;
    }
    std::istringstream lines{page};
    for (std::string line; std::getline(lines, line);) {
      if (line.size() > 80) {
        EXPECT_EQ(line.front(), '.') << line;
      }
    }
  }
}

TEST(verb_table, has_examples_and_exit_codes_for_each_verb) {
  for (const auto& v : verb_rows()) {
    EXPECT_FALSE(v.examples.empty()) << v.does;
    EXPECT_FALSE(exit_rows(v.what).empty()) << v.does;
    for (const auto& e : v.examples)
      EXPECT_THAT(std::string{e.command}, HasSubstr("sluice " + std::string{to_string(v.what)}));
  }
}

}  // namespace
}  // namespace sluice::cli
