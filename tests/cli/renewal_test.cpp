#include "cli/secrets/renewal.hpp"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;

class renewals : public testing::Test {
 protected:
  static renewal::time at(std::chrono::seconds s) { return renewal::time{} + 1000s + s; }
  /// Renews when it is due, which must be at `when`.
  void renew_at(std::chrono::seconds when, bool changed = true) {
    ASSERT_TRUE(r.due());
    ASSERT_EQ(*r.due(), at(when));
    r.began(at(when));
    EXPECT_FALSE(r.due());
    r.ended(changed, at(when));
  }
  renewal r;
};

TEST_F(renewals, begin_at_the_first_refusal) {
  EXPECT_FALSE(r.due());
  r.refused(at(0s), at(1s));
  renew_at(1s);
  EXPECT_FALSE(r.due());
}

TEST_F(renewals, come_once_for_a_burst) {
  r.refused(at(0s), at(1s));
  r.refused(at(0s), at(1s));
  r.began(at(1s));
  r.refused(at(0s), at(2s));
  r.ended(true, at(3s));
  r.refused(at(2s), at(4s));  // begun with the old secrets
  EXPECT_FALSE(r.due());
}

TEST_F(renewals, that_do_not_help_wait_twice_as_long_each_time) {
  auto now = 0s;
  r.refused(at(now), at(now));
  renew_at(now);
  for (const auto gap : {30s, 60s, 120s, 240s, 480s, 600s, 600s}) {
    r.refused(at(now + 1s), at(now + 2s));
    now += gap;
    renew_at(now);
  }
}

TEST_F(renewals, that_help_let_the_next_one_come_soon) {
  r.refused(at(0s), at(0s));
  renew_at(0s);
  r.refused(at(1s), at(1s));
  renew_at(30s);
  r.accepted(at(31s));
  r.refused(at(3600s), at(3601s));
  renew_at(3601s);
  r.accepted(at(3602s));
  r.refused(at(3603s), at(3604s));
  renew_at(3631s);
}

TEST_F(renewals, with_the_same_secrets_are_made_again_without_another_refusal) {
  r.refused(at(0s), at(0s));
  renew_at(0s, false);
  renew_at(30s, false);
  renew_at(90s, true);
  EXPECT_FALSE(r.due());
}

TEST_F(renewals, are_not_needed_once_something_is_accepted) {
  r.refused(at(0s), at(0s));
  renew_at(0s, false);
  ASSERT_TRUE(r.due());
  r.accepted(at(-1s));  // begun before: says nothing of them
  EXPECT_TRUE(r.due());
  r.accepted(at(1s));
  EXPECT_FALSE(r.due());
}

TEST_F(renewals, are_not_needed_when_somebody_brought_others) {
  r.refused(at(0s), at(0s));
  r.replaced(at(1s));
  EXPECT_FALSE(r.due());
  r.refused(at(0s), at(2s));
  EXPECT_FALSE(r.due());
  r.refused(at(2s), at(3s));
  renew_at(3s);
}

}  // namespace
}  // namespace sluice::cli
