#include "cli/options/library_problems.hpp"

#include "cli/options/contradictions.hpp"

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

raw_options given_options(const std::vector<std::pair<std::string, given>>& values, verb v = verb::send) {
  raw_options raw;
  raw.verb = v;
  for (const auto& [name, g] : values) raw.add(name, g);
  return raw;
}

config some_config() {
  config cfg;
  cfg.url = "http://127.0.0.1/";
  return cfg;
}

TEST(library_problems, name_the_option_where_it_was_given) {
  auto cfg = some_config();
  cfg.success.statuses = {99};
  cfg.file.type = "no type";
  EXPECT_THAT(
      library_problems(cfg, nullptr, given_options({{"success-status", {{"99"}, "SLUICE_SUCCESS_STATUS"}}})),
      ElementsAre(StartsWith("--form: 'no type'"), StartsWith("SLUICE_SUCCESS_STATUS: 99")));
}

TEST(library_problems, name_both_options_of_a_pair) {
  auto from = source::directory("/tmp");
  from.select.min_size = 2, from.select.max_size = 1;
  EXPECT_THAT(
      library_problems(some_config(), &from, given_options({{"max-size", {{"1"}, "FILE: max-size"}}})),
      ElementsAre(StartsWith("--min-size and FILE: max-size: 2 is over")));
}

TEST(library_problems, leave_out_what_the_command_line_says_itself) {
  config nowhere;
  const source nothing;
  EXPECT_THAT(library_problems(nowhere, &nothing, given_options({})), IsEmpty());
  auto cfg = some_config();
  cfg.resume = true;
  EXPECT_THAT(library_problems(cfg, nullptr, given_options({{"resume", {{"true"}, "--resume"}}})), IsEmpty());
  nowhere.url = "ftp://host/";
  EXPECT_THAT(library_problems(nowhere, nullptr, given_options({})), ElementsAre(StartsWith("URL: ")));
}

TEST(contradictions, are_those_of_the_table) {
  std::vector<std::string> problems;
  check_contradictions(given_options({{"dry-run", {{"true"}, "-n"}},
                                      {"joblog", {{"log"}, "--joblog"}},
                                      {"key", {{"k.pem"}, "SLUICE_KEY"}}}),
                       problems);
  EXPECT_THAT(problems, ElementsAre(StartsWith("-n and --joblog contradict each other: "),
                                    StartsWith("SLUICE_KEY needs --cert FILE: ")));
}

// A row that names an option, or a member, that does not exist would never be noticed.
TEST(option_table, names_only_options_there_are) {
  for (const auto& row : option_rows())
    for (const auto v : {verb::send, verb::watch, verb::bench, verb::ctl}) {
      if (!row.belongs_to(v)) continue;
      EXPECT_TRUE(row.needs.option.empty() || find_option(row.needs.option, v) != nullptr) << row.name;
      for (const auto& c : row.conflicts) EXPECT_TRUE(c.option.empty() || is_option(c.option)) << row.name;
      if (row.sets.empty()) continue;
      const auto* setter = find_setter(row.sets.substr(0, row.sets.find(' ')), v);
      const auto excludes = [&](const auto& c) { return c.option == row.name; };
      EXPECT_TRUE(setter->name == row.name || std::ranges::any_of(setter->conflicts, excludes)) << row.name;
    }
}

TEST(option_table, says_all_of_each_option) {
  for (const auto& row : option_rows()) {
    EXPECT_THAT(row.help, testing::EndsWith(".")) << row.name;
    EXPECT_FALSE(row.fallback.empty()) << row.name;
    EXPECT_EQ(row.value.empty(), row.what == option_row::kind::flag) << row.name;
  }
}

}  // namespace
}  // namespace sluice::cli
