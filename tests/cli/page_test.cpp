#include "cli/bench/page.hpp"

#include "cli/bench/json.hpp"
#include "cli/bench/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

bench_plan plan() {
  bench_plan p;
  p.config.url = "https://127.0.0.1:8443/up?token=secret";
  return p;
}

step_report step(std::string window, std::vector<std::size_t> windows = {4, 4, 4}) {
  step_report s;
  s.window = std::move(window);
  s.seconds = static_cast<double>(windows.size());
  s.requests = s.accepted = 300;
  s.requests_per_second = 100;
  s.total = s.wait = s.send = {300, 1, 2, 3, 4, 5};
  for (const auto w : windows) s.per_second.push_back({.accepted = 100, .window = w});
  return s;
}

bench_result result(std::vector<step_report> steps) {
  bench_result r;
  r.began = "2026-01-01T00:00:00Z";
  r.steps = std::move(steps);
  return r;
}

TEST(page, of_one_window_shows_how_its_phases_spread_and_of_several_how_they_compare) {
  const auto one = page(plan(), result({step("4")}));
  EXPECT_THAT(one, HasSubstr("aria-label=\"Latency by percentile"));
  EXPECT_THAT(one, Not(HasSubstr("Rate against window")));
  const auto two = page(plan(), result({step("4"), step("8")}));
  EXPECT_THAT(two, HasSubstr("aria-label=\"Rate against window"));
  EXPECT_THAT(two, Not(HasSubstr("Latency by percentile")));
}

TEST(page, shows_a_window_only_where_it_moves) {
  EXPECT_THAT(page(plan(), result({step("4")})), Not(HasSubstr("Window over time")));
  EXPECT_THAT(page(plan(), result({step("wide", {4, 8, 16})})), HasSubstr("Window over time"));
}

TEST(page, says_first_that_the_client_was_the_limit) {
  auto s = step("4");
  s.cpu_share = .97;
  const auto html = page(plan(), result({s}));
  const auto at = html.find("the client was the limit, not the server");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(at, html.find("<figure>"));
}

TEST(page, table_and_json_say_which_proxy_and_where_it_was_given) {
  auto p = plan();
  EXPECT_THAT(heading(p, 0), Not(HasSubstr("through")));
  EXPECT_THAT(to_json(p, result({})), Not(HasSubstr("proxy")));
  EXPECT_THAT(page(p, result({step("4")})), Not(HasSubstr("proxy")));
  p.config.proxy.url = "socks5h://me:secret@127.0.0.1:1080";
  p.config.proxy.from = "ALL_PROXY";
  EXPECT_THAT(heading(p, 0), HasSubstr("/up through socks5h://127.0.0.1:1080 (ALL_PROXY)\n"));
  const auto json = to_json(p, result({}));
  EXPECT_THAT(
      json,
      HasSubstr("\"proxy\": {\n    \"url\": \"socks5h://127.0.0.1:1080\",\n    \"from\": \"ALL_PROXY\""));
  const auto html = page(p, result({step("4")}));
  EXPECT_THAT(html, HasSubstr("through the socks5h proxy 127.0.0.1:1080 (ALL_PROXY); "));
  for (const auto& text : {heading(p, 0), json, html}) EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(page, has_no_secret_of_the_url) {
  EXPECT_THAT(page(plan(), result({step("4")})), Not(HasSubstr("secret")));
}

TEST(page, takes_what_a_server_or_a_name_says_for_words) {
  auto p = plan();
  p.from = "<b>\"dir\"";
  auto s = step("4");
  s.errors["<script>alert(1)</script>"] = 3;
  auto r = result({s});
  r.stopped = "<i>stopped";
  const auto html = page(p, r);
  for (const auto* bare : {"<script", "<b>", "<i>"}) EXPECT_THAT(html, Not(HasSubstr(bare)));
}

TEST(page, of_nothing_is_still_one) {
  const auto html = page(plan(), result({}));
  EXPECT_THAT(html, HasSubstr("</html>"));
  EXPECT_THAT(html, Not(HasSubstr("<figure>")));
  EXPECT_THAT(page(plan(), result({step_report{}})), HasSubstr("</html>"));
}

}  // namespace
}  // namespace sluice::cli
