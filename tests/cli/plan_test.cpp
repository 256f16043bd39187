#include "cli/bench/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct given_plan {
  bench_plan plan;
  std::vector<std::string> problems;
};
given_plan plan_of(const std::vector<std::pair<const char*, const char*>>& options,
                   const char* url = "http://127.0.0.1:9/upload") {
  raw_options raw;
  raw.verb = verb::bench;
  raw.positionals = {url};
  for (const auto& [name, value] : options) raw.add(name, {{value}, std::string{"--"} + name});
  given_plan g;
  g.plan = make_bench_plan(raw, g.problems);
  return g;
}

TEST(bench_plan, windows_are_measured_in_ascending_order_and_once) {
  const auto [plan, problems] = plan_of({{"window", "16,1,4,16"}});
  EXPECT_THAT(problems, IsEmpty());
  std::vector<std::string> names;
  for (const auto& s : plan.steps) names.push_back(s.name);
  EXPECT_THAT(names, ElementsAre("1", "4", "16"));
}

TEST(bench_plan, an_automatic_window_comes_last_and_holds_no_more_than_memory_allows) {
  const auto [plan, problems] = plan_of({{"window", "auto,4"}, {"size", "8M"}});
  EXPECT_THAT(problems, IsEmpty());
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[1].name, "auto");
  EXPECT_TRUE(plan.steps[1].window.is_automatic());
  EXPECT_LE(plan.steps[1].window.size(), 128u);
  EXPECT_THAT(plan_of({{"window", "auto"}}).problems, IsEmpty());
}

TEST(bench_plan, sends_once_and_keeps) {
  const auto [plan, problems] = plan_of({});
  EXPECT_EQ(plan.config.retry.retries, 0u);
  EXPECT_FALSE(plan.config.retry.hold_back);
  EXPECT_EQ(plan.config.on_success.what(), disposal::action::keep);
  EXPECT_EQ(plan.config.on_reject.what(), disposal::action::keep);
  EXPECT_EQ(plan.sizes.least, 32'768u);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].name, "16");
}

TEST(bench_plan, sizes_are_one_or_a_range) {
  EXPECT_EQ(plan_of({{"size", "2k"}}).plan.sizes.most, 2048u);
  const auto [plan, problems] = plan_of({{"size", "2k-64k"}});
  EXPECT_EQ(plan.sizes.least, 2048u);
  EXPECT_EQ(plan.sizes.most, 65'536u);
}

TEST(bench_plan, does_not_show_the_query_of_a_url) {
  EXPECT_EQ(plan_of({}, "http://127.0.0.1/up?token=secret").plan.shown_url(), "http://127.0.0.1/up");
}

TEST(bench_plan, another_host_needs_a_yes_that_names_it) {
  constexpr auto* url = "http://example.com:8080/up";
  EXPECT_THAT(plan_of({}, url).problems,
              ElementsAre(testing::AllOf(HasSubstr("'example.com' is not this machine"),
                                         HasSubstr("--yes-i-may-load example.com"))));
  EXPECT_EQ(plan_of({{"yes-i-may-load", "example.org"}}, url).problems.size(), 1u);
  EXPECT_EQ(plan_of({{"yes-i-may-load", "com"}}, url).problems.size(), 1u);
  EXPECT_THAT(plan_of({{"yes-i-may-load", "example.com"}}, url).problems, IsEmpty());
}

// `localhost` of a proxy that is elsewhere is another machine.
TEST(bench_plan, loopback_behind_a_proxy_elsewhere_needs_a_yes_too) {
  constexpr auto* url = "https://localhost/up";
  EXPECT_THAT(plan_of({{"proxy", "127.0.0.1:3128"}}, url).problems, IsEmpty());
  EXPECT_THAT(plan_of({{"proxy", "example.com:3128"}}, url).problems,
              ElementsAre(HasSubstr("'localhost' through http://example.com:3128 is not this machine")));
  EXPECT_THAT(plan_of({{"proxy", "example.com:3128"}, {"noproxy", "localhost"}}, url).problems, IsEmpty());
}

}  // namespace
}  // namespace sluice::cli
