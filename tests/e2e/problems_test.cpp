// One problem must not hide another, whichever layer each of them comes from.
#include "e2e/e2e.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class problems : public test {
 protected:
  problems() { files.add("a.jpg", "first"); }

  std::string config(const std::string& text) const {
    support::write_file(room / "config.json", text);
    return room / "config.json";
  }
  /// The lines of a run that must end before it begins.
  std::vector<std::string> told(const arguments& options) {
    support::sink to{"[]", {"--http"}};
    arguments all{"--on-success", "delete"};
    all.insert(all.end(), options.begin(), options.end());
    const auto o = drain(to, all);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_EQ(o.out, "");
    EXPECT_TRUE(o.summary.is_null()) << o.summary;
    expect_all_kept();
    EXPECT_EQ(to.stop().at("connections"), 0);
    return support::lines_of(o.err);
  }
};

// NUL cannot stand in an argument, but a file can write it out.
TEST_F(problems, header_with_nul_cr_or_lf_in_a_file_is_refused) {
  const auto lines = told(
      {"-K", config(R"({"header": ["X-Nul: a\u0000b", "X-Cr: a\rb", "X-Lf: a\nb", "X\u0000Name: c"]})")});
  const auto names = [](const char* header) {
    return AllOf(StartsWith("sluice: "), HasSubstr("config.json: header"), HasSubstr(header));
  };
  EXPECT_THAT(lines, ElementsAre(names("\"X-Nul\""), names("\"X-Cr\""), names("\"X-Lf\""),
                                 names("no header name before its first colon")));
}

// A header without a name once hid what was wrong with all the others.
TEST_F(problems, of_several_headers_are_all_told) {
  EXPECT_THAT(
      told({"-H", "no-colon", "-H", "Host: x", "-H", "a b: c"}),
      ElementsAre(HasSubstr("a header without a colon"), HasSubstr("\"Host\""), HasSubstr("\"a b\"")));
}

// A problem of one key in the file once hid those of its other keys.
TEST_F(problems, of_several_keys_of_a_file_are_all_told) {
  const auto file =
      config(R"({"retry": "x", "window": 0, "success-status": 100, "nope": 1, "form": ["a={b}"]})");
  const auto lines = told({"-K", file});
  EXPECT_EQ(lines.size(), 5u);
  for (const auto* each : {"retry: 'x'", "window: 0 uploads", "success-status: 100", "nope: no such option",
                           "unknown template {b}"})
    EXPECT_THAT(lines, testing::Contains(AllOf(HasSubstr("config.json"), HasSubstr(each)))) << each;
}

// A missing value once was the only thing told.
TEST_F(problems, besides_a_missing_value_are_told) {
  EXPECT_THAT(
      told({"-F", "x={nope}", "--retry", "many", "-w"}),
      testing::UnorderedElementsAre("sluice: '-w' needs a value after it; `sluice send --help` says which",
                                    HasSubstr("unknown template {nope}"), HasSubstr("--retry: 'many'")));
}

TEST_F(problems, of_a_pair_name_the_place_of_each) {
  EXPECT_THAT(
      told({"-K", config(R"({"max-size": 1, "max-age": "1s"})"), "--min-size", "2", "--min-age", "1m"}),
      testing::UnorderedElementsAre(
          AllOf(HasSubstr("--min-size and "), HasSubstr("config.json: max-size: 2 is over the maximum of 1")),
          AllOf(HasSubstr("--min-age and "),
                HasSubstr("config.json: max-age: 60 s is over the maximum of 1 s"))));
}

// The JSON parser has an exception of its own for such numbers, which once ended the program.
TEST_F(problems, number_too_large_for_anything_is_told) {
  EXPECT_THAT(told({"-K", config(R"({"retry": 1e999})")}),
              ElementsAre(AllOf(HasSubstr("config.json"), HasSubstr("too large"))));
}

// A directory opens like a file: its headers would be left out without a word.
TEST_F(problems, directory_of_headers_is_told) {
  EXPECT_THAT(told({"-H", "@" + room.path().string()}),
              ElementsAre(AllOf(HasSubstr("--header: cannot read"), HasSubstr("Is a directory"))));
}

TEST_F(problems, of_a_default_are_not_told_where_a_value_was_given) {
  EXPECT_THAT(told({"-w", "x", "--resume", "--key", "none.pem"}),
              Not(testing::Contains(HasSubstr("job_log"))));
  EXPECT_EQ(told({"-w", "x", "--resume"}).size(), 2u);
}

}  // namespace
}  // namespace e2e
