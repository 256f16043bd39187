#include "cli/web/plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pointwise;

plot simple() { return {.title = "Rate", .says = "It rises.", .lines = {{"w 1", {{1, 10}, {2, 20}}}}}; }

TEST(plot, of_nothing_is_not_drawn) {
  EXPECT_EQ(drawn({.title = "Rate"}), "");
  EXPECT_EQ(drawn({.title = "Rate", .lines = {{"w 1", {}}}}), "");
  EXPECT_EQ(drawn({.title = "Rate", .lines = {{"w 1", {{1, 0}}}}, .log_y = true}), "");
}

TEST(plot, has_a_name_for_who_cannot_see_it) {
  EXPECT_THAT(drawn(simple()), HasSubstr(R"(role="img" aria-label="Rate. It rises.")"));
}

TEST(plot, of_one_point_has_a_place) {
  for (const bool log : {false, true}) {
    const auto svg = drawn({.title = "x", .lines = {{"", {{1, 5}}}}, .places = {"a"}, .log_y = log});
    EXPECT_THAT(svg, HasSubstr("<circle"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(plot, marks_where_it_is_told_to) {
  auto p = simple();
  EXPECT_THAT(drawn(p), Not(HasSubstr("class=\"mark\"")));
  p.marked = {2, "knee: 2"};
  EXPECT_THAT(drawn(p), testing::AllOf(HasSubstr("class=\"mark\""), HasSubstr(">knee: 2<")));
}

TEST(plot, has_room_for_its_bounds) {
  for (const bool log : {false, true}) {
    auto p = simple();
    p.log_y = log, p.bounds = {3, 700};
    const auto svg = drawn(p);
    EXPECT_THAT(svg, HasSubstr(log ? ">1k<" : ">800<")) << "an axis that reaches it";
    EXPECT_EQ(svg.find("class=\"mark\"") == svg.rfind("class=\"mark\""), false) << "one line each";
  }
}

TEST(plot, leaves_room_for_the_longest_name) {
  auto p = simple();
  const auto short_name = drawn(p);
  p.lines[0].name = "a name of some length";
  EXPECT_NE(drawn(p).substr(0, drawn(p).find("class=\"line")),
            short_name.substr(0, short_name.find("class=\"line")));
}

TEST(plot, of_its_own_file_has_its_style_with_it) {
  EXPECT_EQ(drawn_file({.title = "Rate"}), "");
  const auto svg = drawn_file(simple());
  EXPECT_THAT(svg,
              testing::AllOf(testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""),
                             testing::EndsWith("</svg>\n"), HasSubstr("<style>"), HasSubstr("--l0: #"),
                             HasSubstr(".line {"), HasSubstr(">Rate</text>"), Not(HasSubstr("<figure"))));
}

TEST(plot, takes_words_for_words) {
  auto p = simple();
  p.title = "<script>\"&'";
  EXPECT_THAT(drawn(p),
              testing::AllOf(Not(HasSubstr("<script")), HasSubstr("&lt;script&gt;&quot;&amp;&#39;")));
}

TEST(ticks, linear_ones_are_round_and_reach_the_top) {
  EXPECT_THAT(linear_ticks(0), ElementsAre(0, 1));
  EXPECT_THAT(linear_ticks(10), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(linear_ticks(12'210), ElementsAre(0, 5000, 10'000, 15'000));
  for (const double most : {0.003, 1.0, 3.7, 9.99, 64.0, 12'345.0, 9e9}) {
    const auto t = linear_ticks(most);
    EXPECT_GE(t.size(), 3u) << most;
    EXPECT_LE(t.size(), 8u) << most;
    EXPECT_GE(t.back(), most * (1 - 1e-9));
  }
}

TEST(ticks, logarithmic_ones_are_around_the_values) {
  EXPECT_THAT(log_ticks(0.5, 300), Pointwise(DoubleNear(1e-9), {0.1, 1., 10., 100., 1000.}));
  EXPECT_THAT(log_ticks(20, 90), Pointwise(DoubleNear(1e-9), {20., 50., 100.}));
  EXPECT_THAT(log_ticks(5, 5), Pointwise(DoubleNear(1e-9), {5., 10.}));
}

TEST(ticks, are_short) {
  EXPECT_EQ(tick_text(0), "0");
  EXPECT_EQ(tick_text(0.05), "0.05");
  EXPECT_EQ(tick_text(500), "500");
  EXPECT_EQ(tick_text(5000), "5k");
  EXPECT_EQ(tick_text(12'500), "12.5k");
  EXPECT_EQ(tick_text(2e6), "2M");
}

}  // namespace
}  // namespace sluice::cli
