#include "cli/bench/tally.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using testing::HasSubstr;

sample tallied(bool accepted) {
  sample s;
  s.measured = true;
  s.accepted = accepted;
  if (!accepted) s.error = errc::busy_status, s.status = 503;
  return s;
}
sample at_a_wall() {
  sample s = tallied(false);
  s.error = errc::auth_refused, s.status = 403;
  return s;
}

TEST(tally, counts_what_was_accepted_and_what_failed) {
  tally t{0, false};
  t.count_sample(tallied(true), false), t.count_sample(tallied(false), false);
  t.count_sample(tallied(true), true);
  EXPECT_EQ(t.accepted(), 2u);
  EXPECT_EQ(t.failed(), 1u);
  EXPECT_FALSE(t.is_complete());
}

TEST(tally, an_attempt_that_was_cut_says_nothing_but_ends_the_request) {
  tally t{1, false};
  auto s = tallied(false);
  s.cut = true;
  EXPECT_FALSE(t.count_sample(s, false));
  EXPECT_EQ(t.failed(), 0u);
  EXPECT_TRUE(t.is_complete());
}

TEST(tally, is_complete_when_all_that_are_measured_have_ended) {
  tally t{2, false};
  auto warm_up = tallied(true);
  warm_up.measured = false;
  t.count_sample(warm_up, false), t.count_sample(tallied(true), false);
  EXPECT_FALSE(t.is_complete());
  t.count_sample(tallied(false), false);
  EXPECT_TRUE(t.is_complete());
}

TEST(tally, gives_up_at_the_third_failure_at_a_wall) {
  tally t{0, false};
  EXPECT_FALSE(t.count_sample(at_a_wall(), false));
  EXPECT_FALSE(t.count_sample(at_a_wall(), false));
  EXPECT_EQ(t.gave_up(), "");
  EXPECT_EQ(t.what_stands(), wall::none);
  EXPECT_TRUE(t.count_sample(at_a_wall(), false));
  EXPECT_EQ(t.what_stands(), wall::refused);
  EXPECT_EQ(t.gave_up(), "nothing was accepted, the last of 3 attempts for: status 403");
}

TEST(tally, goes_on_where_the_endpoint_has_accepted_something_or_the_load_has_stopped) {
  struct row {
    bool proven, accepted_before, stopped;
  };
  for (const auto& [proven, accepted_before, stopped] :
       {row{true, false, false}, row{false, true, false}, row{false, false, true}}) {
    tally t{0, proven};
    if (accepted_before) t.count_sample(tallied(true), false);
    for (int n = 0; n < 200; ++n) EXPECT_FALSE(t.count_sample(at_a_wall(), stopped));
    EXPECT_EQ(t.gave_up(), "");
  }
}

TEST(tally, names_a_remedy_where_there_is_one) {
  struct row {
    errc why;
    const char* remedy;
  };
  for (const auto& [why, remedy] :
       {row{errc::tls_identity, "--cacert FILE"}, row{errc::tls_failed, "is it a port with TLS?"},
        row{errc::connect_timeout, "a firewall"}}) {
    tally t{0, false};
    sample s;
    s.error = why;
    for (int n = 0; n < 200 && !t.count_sample(s, false); ++n) continue;
    EXPECT_THAT(t.gave_up(), HasSubstr(remedy));
  }
}

}  // namespace
}  // namespace sluice::cli
