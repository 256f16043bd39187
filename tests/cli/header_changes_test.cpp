#include "cli/secrets/header_changes.hpp"

#include "cli/options/credential.hpp"
#include "cli/options/form_option.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace sluice {

bool operator==(const header& a, const header& b) { return a.name == b.name && a.value == b.value; }
void PrintTo(const header& h, std::ostream* out) { *out << h.name << ": " << h.value; }

namespace cli {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using headers = std::vector<header>;

TEST(header_changes, are_what_is_new_or_has_another_value) {
  const headers now{{"A", "1"}, {"B", "2"}};
  EXPECT_THAT(changes_of(now, now).updates, IsEmpty());
  const auto c = changes_of(now, {{"a", "1"}, {"b", "3"}, {"C", "4"}});
  EXPECT_EQ(c.updates, (headers{{"b", "3"}, {"C", "4"}}));
  EXPECT_THAT(c.left, IsEmpty());
}

TEST(header_changes, leave_what_is_gone_or_repeated) {
  const headers now{{"A", "1"}, {"B", "2"}, {"b", "3"}};
  const auto gone = changes_of(now, {{"B", "2"}, {"b", "3"}});
  EXPECT_THAT(gone.updates, IsEmpty());
  EXPECT_THAT(gone.left, ElementsAre("A"));
  const auto repeated = changes_of(now, {{"A", "1"}, {"A", "2"}, {"B", "9"}, {"B", "3"}});
  EXPECT_THAT(repeated.updates, IsEmpty());
  EXPECT_THAT(repeated.left, ElementsAre("A", "B"));
}

TEST(overlaid, takes_the_place_of_the_same_names) {
  EXPECT_EQ(overlaid({{"A", "1"}, {"B", "2"}}, {{"a", "3"}, {"C", "4"}}),
            (headers{{"B", "2"}, {"a", "3"}, {"C", "4"}}));
  EXPECT_EQ(overlaid({{"A", "1"}}, {}), (headers{{"A", "1"}}));
}

TEST(header_lines, have_comments_and_blanks_left_out_and_no_value_in_a_complaint) {
  std::istringstream in{"# a comment\n\n  token:  s3cret \r\nno colon s3cret\n: s3cret\nlast: x"};
  headers read;
  std::vector<std::string> problems;
  read_header_lines(in, "there", read, problems);
  EXPECT_EQ(read, (headers{{"token", "s3cret"}, {"last", "x"}}));
  EXPECT_THAT(problems, ElementsAre(HasSubstr("there, line 4: "), HasSubstr("there, line 5: ")));
  for (const auto& p : problems) EXPECT_THAT(p, testing::Not(HasSubstr("s3cret")));
}

TEST(credential, is_a_name_in_the_directory_and_nothing_else) {
  ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x", 1);
  EXPECT_EQ(credential_path("credential:headers"), "/run/credentials/x/headers");
  for (const auto* text :
       {"credential:", "credential:.", "credential:..", "credential:a/b", "credential:../x", "/etc/x"})
    EXPECT_EQ(credential_path(text), text);
  EXPECT_EQ(header_file("@credential:headers"), "/run/credentials/x/headers");
  EXPECT_EQ(header_file("@/etc/x"), "/etc/x");
  EXPECT_EQ(header_file("K: @credential:x"), std::nullopt);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(credential_path("credential:headers"), "credential:headers");
}

}  // namespace
}  // namespace cli
}  // namespace sluice
