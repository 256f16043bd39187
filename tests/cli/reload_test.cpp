#include "cli/secrets/reload.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <ostream>
#include <random>
#include <string>

namespace sluice::cli {

static const char* name_of(reload::state s) {
  static const char* const names[] = {"starting", "idle",           "reloading",      "reloading_again",
                                      "renewing", "renewing_again", "refreshing",     "refreshing_again",
                                      "stopping", "ending_reload",  "ending_renewal", "ending_refresh"};
  return names[static_cast<std::size_t>(s)];
}
static void PrintTo(reload::state s, std::ostream* out) { *out << name_of(s); }

namespace {

using namespace std::chrono_literals;
using enum reload::state;

const reload::time reload_start = reload::time{} + 1000s;

/// A letter is an event: `b`egun, `h`angup, `4`01, `r`enewal begins, the `n`ext token is asked for, secrets
/// `e`nd as they were or are `f`resh, `s`topped.
std::optional<reload::end> after(reload& r, char event, reload::time now = reload_start) {
  switch (event) {
    case 'b':
      r.begin();
      break;
    case 'h':
      r.ask_reload();
      break;
    case '4':
      r.refused(now, now);
      break;
    case 'r':
      r.begin_renewal(now);
      break;
    case 'n':
      r.begin_refresh();
      break;
    case 's':
      r.stop();
      break;
    case 'e':
    case 'f':
      return r.end_reading(event == 'f', now);
    default:
      ADD_FAILURE() << "no event: " << event;
  }
  return std::nullopt;
}
reload after(const std::string& events) {
  reload r;
  for (const char event : events) after(r, event);
  return r;
}

/// The shortest way into each state.
const std::map<reload::state, std::string> reload_ways{
    {starting, ""},           {idle, "b"},
    {reloading, "bh"},        {reloading_again, "bhh"},
    {renewing, "b4r"},        {renewing_again, "b4rh"},
    {refreshing, "bn"},       {refreshing_again, "bnh"},
    {stopping, "bs"},         {ending_reload, "bhs"},
    {ending_renewal, "b4rs"}, {ending_refresh, "bns"},
};

TEST(reload, every_state_is_reached) {
  for (const auto& [there, events] : reload_ways) EXPECT_EQ(after(events).now_is(), there) << events;
  EXPECT_EQ(reload_ways.size(), 12u);
}

TEST(reload, each_event_leads_to_one_state) {
  struct row {
    reload::state here, hangup, read, stopped;
  };
  const row table[] = {
      // here            hangup           secrets read  stopped
      {starting, starting, starting, stopping},
      {idle, reloading, idle, stopping},
      {reloading, reloading_again, idle, ending_reload},
      {reloading_again, reloading_again, idle, ending_reload},
      {renewing, renewing_again, idle, ending_renewal},
      {renewing_again, renewing_again, idle, ending_renewal},
      {refreshing, refreshing_again, idle, ending_refresh},
      {refreshing_again, refreshing_again, idle, ending_refresh},
      {stopping, stopping, stopping, stopping},
      {ending_reload, ending_reload, stopping, ending_reload},
      {ending_renewal, ending_renewal, stopping, ending_renewal},
      {ending_refresh, ending_refresh, stopping, ending_refresh},
  };
  for (const auto& [here, hangup, read, stopped] : table) {
    SCOPED_TRACE(name_of(here));
    const auto& way = reload_ways.at(here);
    EXPECT_EQ(after(way + "h").now_is(), hangup);
    EXPECT_EQ(after(way + "s").now_is(), stopped);
    if (here == starting || here == idle || here == stopping) continue;  // no secrets are being read
    for (const char* how : {"e", "f"}) EXPECT_EQ(after(way + how).now_is(), read) << how;
  }
}

TEST(reload, begins_only_where_nothing_else_is_under_way) {
  for (const auto& [here, way] : reload_ways) {
    auto r = after(way);
    EXPECT_EQ(r.ask_reload(), here == idle) << name_of(here);
    r = after(way);
    EXPECT_EQ(r.begin_refresh(), here == idle) << name_of(here);
  }
}

TEST(reload, the_end_of_a_reading_says_what_follows) {
  struct row {
    reload::state here;
    bool renewed, reloaded, again;
  };
  const row table[] = {
      {reloading, false, true, false},       {reloading_again, false, true, true},
      {renewing, true, false, false},        {renewing_again, true, false, true},
      {refreshing, false, false, false},     {refreshing_again, false, false, true},
      {ending_reload, false, true, false},   {ending_renewal, true, false, false},
      {ending_refresh, false, false, false},
  };
  for (const auto& [here, renewed, reloaded, again] : table)
    for (const bool changed : {false, true}) {
      SCOPED_TRACE(name_of(here));
      auto r = after(reload_ways.at(here));
      const auto end = r.end_reading(changed, reload_start);
      EXPECT_EQ(end.renewed, renewed);
      EXPECT_EQ(end.reloaded, reloaded);
      EXPECT_EQ(end.again, again);
    }
}

TEST(reload, a_reload_that_was_asked_for_before_the_stop_does_not_follow_it) {
  for (const char* way : {"bhhs", "b4rhs", "bnhs"}) {
    auto r = after(way);
    EXPECT_FALSE(r.end_reading(true, reload_start).again) << way;
    EXPECT_FALSE(r.ask_reload()) << way;
  }
}

TEST(reload, the_operator_and_a_renewal_pause_apart) {
  struct row {
    std::string events;
    bool held, renewing;
  };
  const row table[] = {
      {"b", false, false},   {"b", true, false},   {"bh", false, false}, {"bh", true, false},
      {"b4", false, false},  {"b4r", false, true}, {"b4r", true, true},  {"b4rh", false, true},
      {"b4rs", false, true}, {"b4rs", true, true},
  };
  for (const auto& [events, held, renewing] : table) {
    SCOPED_TRACE(events + (held ? ", held" : ""));
    auto r = after(events);
    r.hold_back(held);
    EXPECT_EQ(r.is_held(), held);
    EXPECT_EQ(r.is_renewing(), renewing);
    r.end_reading(true, reload_start);
    EXPECT_EQ(r.is_held(), held) << "no renewal ends it";
    EXPECT_FALSE(r.is_renewing());
  }
}

TEST(reload, a_renewal_is_due_at_the_first_refusal_while_nothing_is_read) {
  for (const auto& [here, way] : reload_ways) {
    auto r = after(way);
    EXPECT_FALSE(r.renewal_at()) << name_of(here);
    r.refused(reload_start, reload_start);
    EXPECT_EQ(r.renewal_at().has_value(), here == idle) << name_of(here);
  }
}

TEST(reload, a_refusal_within_a_reload_makes_a_renewal_if_the_secrets_are_the_same) {
  auto r = after("bh4");
  EXPECT_FALSE(r.renewal_at());
  r.end_reading(false, reload_start);
  EXPECT_EQ(r.renewal_at(), reload_start);
  r = after("bh4f");
  EXPECT_FALSE(r.renewal_at()) << "the attempt had the old secrets";
}

TEST(reload, a_renewal_that_does_not_help_is_made_again_later) {
  auto r = after("b4re");
  EXPECT_EQ(r.now_is(), idle);
  EXPECT_EQ(r.renewal_at(), reload_start + renewal::least);
  r.accepted(reload_start + 1s);
  EXPECT_FALSE(r.renewal_at());
}

TEST(reload, nothing_begins_with_secrets_that_have_run_out) {
  struct row {
    std::string events;
    bool held;
    const char* why;
  };
  const row table[] = {
      {"b", false, "all is well"},
      {"b4", true, "they will be renewed"},
      {"b4r", true, "they are being renewed"},
      {"b4rf", false, "fresh ones are there"},
      {"b4rf4", false, "nobody knows whether the fresh ones are any good"},
      {"b4re", false, "the same ones: another try does no harm"},
      {"bn", false, "the old ones still are good while the next are asked for"},
      {"bn4", true, "they are not, after all"},
      {"bn4f", false, "fresh ones are there"},
      {"bh4", true, "fresh ones may be in what is being read"},
      {"bs4", false, "none come any more"},
      {"b4rs", true, "the renewal still is under way"},
      {"4", false, "the run has not begun"},
  };
  for (const auto& [events, held, why] : table) {
    SCOPED_TRACE(events + ": " + why);
    EXPECT_EQ(after(events).holds_back(), held);
  }
}

// The last renewal helped, so a 401 within half a minute says that those have run out as well. Uploads went
// on and were refused until the next was due.
TEST(reload, secrets_that_helped_and_ran_out_are_not_tried_until_the_next_renewal) {
  auto r = after("b4rf");
  r.accepted(reload_start + 1s);
  r.refused(reload_start + 2s, reload_start + 3s);
  EXPECT_EQ(r.renewal_at(), reload_start + renewal::least);
  EXPECT_TRUE(r.holds_back());
  r.accepted(reload_start + 2s);  // one file alone is refused
  EXPECT_FALSE(r.holds_back());
}

TEST(reload, is_never_renewed_where_it_may_not_be) {
  for (const auto& [here, way] : reload_ways) {
    if (here == idle) continue;
    auto r = after(way);
    r.begin_renewal(reload_start);
    EXPECT_EQ(r.now_is(), here);
  }
}

/// The service manager hears of an end for each reload that began, and the watch goes on after each renewal,
/// whatever comes when.
TEST(reload, each_reading_has_one_end) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random{seed};
    reload r;
    r.begin();
    auto now = reload_start;
    int reloads = 0, reloaded = 0, renewals = 0, renewed = 0;
    bool reading = false;
    const auto read = [&] {
      const auto end = r.end_reading(random() % 2 == 0, now);
      reading = false;
      reloaded += end.reloaded, renewed += end.renewed;
      if (end.again) {
        ASSERT_TRUE(r.ask_reload()) << seed;
        ++reloads, reading = true;
      }
    };
    for (int n = 0; n < 300; ++n, now += 5s) {
      switch (random() % (n < 250 ? 5 : 6)) {
        case 0:
          if (r.ask_reload()) {
            ASSERT_FALSE(reading) << seed;
            ++reloads, reading = true;
          }
          break;
        case 1:
          r.refused(now, now);
          break;
        case 2:
          r.accepted(now);
          break;
        case 5:
          r.stop();
          break;
        default:
          if (reading) read();
          break;
      }
      if (const auto due = r.renewal_at(); due && *due <= now) {
        ASSERT_FALSE(reading) << seed;
        r.begin_renewal(now);
        ++renewals, reading = true;
      }
      ASSERT_EQ(r.is_renewing(), renewals > renewed) << seed;
      ASSERT_EQ(reading, reloads + renewals > reloaded + renewed) << seed;
    }
    while (reading) read();
    EXPECT_EQ(reloaded, reloads) << seed;
    EXPECT_EQ(renewed, renewals) << seed;
    EXPECT_FALSE(r.is_renewing()) << seed;
  }
}

}  // namespace
}  // namespace sluice::cli
