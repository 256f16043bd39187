#include "cli/bench/measurement.hpp"

#include "cli/bench/findings.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using clock = sample::clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr clock::time_point begin{1000s};
constexpr clock::time_point end = begin + 10s;

/// Begun `at` after the beginning, accepted `took` later.
sample accepted(clock::duration at, clock::duration took, std::uint64_t size = 100) {
  sample s;
  s.intended = begin + at, s.ended = s.intended + took;
  s.measured = true, s.accepted = true, s.status = 200, s.window = 4;
  s.attempt = attempt_record{};
  s.attempt->begun = s.intended;
  s.attempt->size = size, s.attempt->bytes = size;
  s.attempt->send = took / 4, s.attempt->wait = took / 2;
  return s;
}
sample failed(clock::duration at, errc why, int status) {
  auto s = accepted(at, 1ms);
  s.accepted = false, s.error = why, s.status = status;
  return s;
}

TEST(measurement, adds_up) {
  measurement m{begin, end};
  for (int i = 0; i < 100; ++i) m.add(accepted(i * 100ms, 20ms));
  m.add(failed(1s, errc::busy_status, 503));
  m.add(failed(2s, errc::busy_status, 503));
  m.add(failed(3s, errc::stalled, 0));
  auto cut = accepted(9s, 500ms);
  cut.accepted = false, cut.cut = true;
  m.add(cut);
  m.never_begun(5);
  const auto r = m.report("4", end, {2.5, 10, 5});
  EXPECT_EQ(r.requests, 109u);
  EXPECT_EQ(r.accepted, 100u);
  EXPECT_EQ(r.failed, 3u);
  EXPECT_EQ(r.unfinished, 6u);
  EXPECT_THAT(r.errors, UnorderedElementsAre(Pair(make_error_code(errc::stalled).message(), 1u),
                                             Pair("status 503", 2u)));
  EXPECT_EQ(r.requests_per_second, 10);
  EXPECT_EQ(r.bytes_per_second, 1000);
  EXPECT_EQ(r.cpu_share, .25);
  EXPECT_EQ(r.cpu_wait_share, .5);
  EXPECT_NEAR(r.cpu_us_per_request, 2.5e6 / 103, 1e-6);
  ASSERT_EQ(r.per_second.size(), 10u);
  std::uint64_t sum = 0;
  for (const auto& s : r.per_second) sum += s.accepted;
  EXPECT_EQ(sum, 100u);
  EXPECT_EQ(r.total.count, 100u);
  EXPECT_NEAR(r.total.p50, 20, .1);
  EXPECT_NEAR(r.wait.p50, 10, .05);
}

TEST(measurement, the_warm_up_is_in_no_figure_but_its_connections) {
  measurement m{begin, end};
  auto first = accepted(-500ms, 20ms);
  first.measured = false;
  first.attempt->connect = 3ms, first.attempt->handshake = 7ms;
  m.add(first);
  m.add(accepted(0ms, 10ms));
  const auto r = m.report("1", end, {});
  EXPECT_EQ(r.requests, 1u);
  EXPECT_EQ(r.unmeasured, 1u);
  EXPECT_EQ(r.connections, 1u);
  EXPECT_EQ(r.connect.max, 3);
  EXPECT_EQ(r.handshake.max, 7);
  EXPECT_EQ(r.total.count, 1u);
  EXPECT_EQ(r.requests_per_second, .1);
}

// A server that cannot keep up ends the last of its queue after the measured time: that is no throughput of
// it.
TEST(measurement, what_ends_after_the_end_counts_as_latency_and_not_as_rate) {
  measurement m{begin, end};
  m.add(accepted(5s, 1s));
  m.add(accepted(9s, 4s));
  const auto r = m.report("1", begin + 13s, {});
  EXPECT_EQ(r.accepted, 2u);
  EXPECT_EQ(r.seconds, 10);
  EXPECT_EQ(r.requests_per_second, .1);
  EXPECT_EQ(r.total.max, 4000);
}

TEST(measurement, ends_within_a_second) {
  measurement m{begin, begin + 1500ms};
  m.add(accepted(1s, 400ms));
  m.add(accepted(1s, 600ms));
  const auto r = m.report("1", begin + 2s, {});
  EXPECT_EQ(r.seconds, 1.5);
  ASSERT_EQ(r.per_second.size(), 2u);
  EXPECT_EQ(r.per_second[1].accepted, 1u);
}

TEST(measurement, latency_counts_from_the_intended_start) {
  measurement m{begin, end};
  auto s = accepted(1s, 300ms);
  s.attempt->begun = s.intended + 290ms;
  m.add(s);
  const auto r = m.report("1", end, {});
  EXPECT_EQ(r.total.max, 300);
  EXPECT_EQ(r.late.max, 290);
}

TEST(measurement, a_part_of_a_second_is_known_as_one) {
  measurement m{begin, clock::time_point::max()};
  for (int i = 0; i < 30; ++i) m.add(accepted(i * 50ms, 1ms));
  const auto r = m.report("1", begin + 1500ms, {});
  ASSERT_EQ(r.per_second.size(), 2u);
  EXPECT_EQ(r.per_second[0].accepted, 20u);
  EXPECT_EQ(r.per_second[1].accepted, 10u);
  EXPECT_EQ(r.per_second[0].length, 1);
  EXPECT_EQ(r.per_second[1].length, .5);
  EXPECT_EQ(r.requests_per_second, 20);
}

TEST(measurement, of_nothing_is_nothing) {
  const auto r = measurement{begin, end}.report("1", begin, {});
  EXPECT_EQ(r.seconds, 0);
  EXPECT_EQ(r.requests_per_second, 0);
  EXPECT_EQ(r.cpu_share, 0);
  EXPECT_THAT(r.per_second, IsEmpty());
}

TEST(measurement, second_without_an_end_is_there) {
  measurement m{begin, end};
  m.add(accepted(100ms, 1ms));
  m.add(accepted(3s, 1ms));
  const auto r = m.report("4", end, {});
  ASSERT_EQ(r.per_second.size(), 10u);
  EXPECT_EQ(r.per_second[1].accepted, 0u);
  EXPECT_EQ(r.per_second[9].window, 4u) << "the window has not changed since";
}

TEST(kind_of, is_the_status_where_that_is_the_reason) {
  EXPECT_EQ(kind_of(failed(0s, errc::busy_status, 429)), "status 429");
  EXPECT_EQ(kind_of(failed(0s, errc::auth_refused, 401)), "status 401");
  EXPECT_THAT(kind_of(failed(0s, errc::refused_body, 200)), HasSubstr("--success-json"));
  EXPECT_EQ(kind_of(failed(0s, errc::early_reply, 200)), make_error_code(errc::early_reply).message());
}

TEST(wall_of, tells_a_refusal_of_us_from_one_of_the_request) {
  EXPECT_EQ(wall_of(failed(0s, errc::auth_refused, 403)), wall::refused);
  EXPECT_EQ(wall_of(failed(0s, errc::tls_identity, 0)), wall::refused);
  EXPECT_EQ(wall_of(failed(0s, errc::busy_status, 503)), wall::none);
  auto s = failed(0s, errc::connect_timeout, 0);
  s.attempt->bytes = 0;
  EXPECT_EQ(wall_of(s), wall::unreachable);
  s.attempt->bytes = 10;
  EXPECT_EQ(wall_of(s), wall::none) << "a connection was there";
  s.attempt.reset();
  EXPECT_EQ(wall_of(s), wall::none) << "it did not come so far";
}

TEST(is_hopeless, only_when_nothing_was_ever_accepted) {
  EXPECT_FALSE(is_hopeless(0, 2, wall::refused));
  EXPECT_TRUE(is_hopeless(0, 3, wall::refused));
  EXPECT_TRUE(is_hopeless(0, 3, wall::unreachable));
  EXPECT_FALSE(is_hopeless(0, 99, wall::none));
  EXPECT_TRUE(is_hopeless(0, 100, wall::none));
  EXPECT_FALSE(is_hopeless(1, 100'000, wall::unreachable));
}

std::vector<step_report> of_rates(std::initializer_list<double> rates) {
  std::vector<step_report> all;
  for (const double r : rates) {
    all.emplace_back().requests_per_second = r;
    all.back().window = std::to_string(all.size());
  }
  return all;
}

TEST(knee_of, is_the_smallest_window_that_comes_near_the_best) {
  EXPECT_EQ(knee_of(of_rates({100, 400, 1000, 990})), 2u);
  EXPECT_EQ(knee_of(of_rates({100, 950, 1000})), 1u);
  EXPECT_EQ(knee_of(of_rates({100, 949, 1000})), 2u);
  EXPECT_EQ(knee_of(of_rates({1000, 400})), 0u) << "more can be worse";
}

TEST(knee_of, needs_something_to_compare) {
  EXPECT_EQ(knee_of({}), std::nullopt);
  EXPECT_EQ(knee_of(of_rates({1000})), std::nullopt);
  EXPECT_EQ(knee_of(of_rates({0, 0})), std::nullopt);
}

TEST(knee_of, is_of_fixed_windows) {
  auto with_auto = of_rates({100, 1000, 990, 5000});
  with_auto.back().window = "auto";
  EXPECT_EQ(knee_of(with_auto), 1u);
  with_auto.erase(with_auto.begin() + 1, with_auto.begin() + 3);
  EXPECT_EQ(knee_of(with_auto), std::nullopt) << "one size is no comparison";
}

TEST(knee_text, warns_when_the_knee_may_be_beyond_what_was_measured) {
  EXPECT_THAT(knee_text(of_rates({100, 400})), HasSubstr("none larger was measured"));
  EXPECT_THAT(knee_text(of_rates({100, 400, 390})), testing::Not(HasSubstr("larger")));
  EXPECT_EQ(knee_text(of_rates({100})), "");
  auto with_auto = of_rates({100, 400, 390});
  with_auto.back().window = "auto";
  EXPECT_THAT(knee_text(with_auto), HasSubstr("none larger was measured"));
}

TEST(findings_of, name_the_client_when_it_was_the_limit) {
  step_report s;
  s.window = "16", s.seconds = 10, s.cpu_share = .5;
  EXPECT_THAT(findings_of(s, 0), IsEmpty());
  s.cpu_share = .97;
  EXPECT_THAT(findings_of(s, 0),
              ElementsAre(HasSubstr("the client was the limit, not the server: it used 97 %")));
  s.cpu_share = .4, s.cpu_wait_share = .4;
  EXPECT_THAT(findings_of(s, 0), IsEmpty());
  s.cpu_wait_share = .55;
  EXPECT_THAT(findings_of(s, 0),
              ElementsAre(HasSubstr("it used 40 % of the one core that its one thread can have, "
                                    "and waited 55 % of the time for it")));
}

TEST(findings_of, name_a_rate_that_was_not_reached) {
  step_report s;
  s.window = "2", s.seconds = 10, s.requests_per_second = 73;
  EXPECT_THAT(findings_of(s, 200), ElementsAre(HasSubstr("of 200 requests/s intended, 73 were accepted")));
  s.requests_per_second = 199;
  EXPECT_THAT(findings_of(s, 200), IsEmpty());
}

}  // namespace
}  // namespace sluice::cli
