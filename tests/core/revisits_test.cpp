#include "core/pacing/revisits.hpp"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

const steady_time revisits_start{1h};
constexpr std::uint64_t a = 1, b = 2, c = 3;

TEST(revisits, each_failure_doubles_the_wait_up_to_the_most) {
  revisits r{{.again = 60s, .again_most = 1h}};
  auto now = revisits_start;
  for (const auto wait : {60s, 120s, 240s, 480s, 960s, 1920s, 3600s, 3600s, 3600s}) {
    r.failed(a, now);
    EXPECT_EQ(r.next_due(), now + wait);
    EXPECT_FALSE(r.due(a, now + wait - 1ms));
    EXPECT_TRUE(r.due(a, now + wait));
    now += wait;
  }
}

TEST(revisits, a_hundred_failures_still_wait_no_longer_than_the_most) {
  revisits r{{.again = 1ms, .again_most = std::chrono::milliseconds::max() / 4}};
  for (int i = 0; i < 100; ++i) r.failed(a, revisits_start);
  EXPECT_GE(r.next_due(), revisits_start);
  revisits shorter{{.again = 10s, .again_most = 1s}};
  shorter.failed(a, revisits_start);
  EXPECT_EQ(shorter.next_due(), revisits_start + 1s);
}

TEST(revisits, what_never_failed_is_due_and_not_known) {
  revisits r{{}};
  EXPECT_TRUE(r.due(a, revisits_start));
  EXPECT_FALSE(r.knows(a));
  EXPECT_FALSE(r.next_due());
}

TEST(revisits, a_success_begins_anew) {
  revisits r{{.again = 60s, .again_most = 1h}};
  r.failed(a, revisits_start), r.failed(a, revisits_start), r.forget(a);
  EXPECT_FALSE(r.knows(a));
  r.failed(a, revisits_start);
  EXPECT_EQ(r.next_due(), revisits_start + 60s);
  r.forget(b);
  EXPECT_EQ(r.size(), 1u);
}

TEST(revisits, what_is_being_tried_is_not_due_until_it_fails_or_is_let_go) {
  revisits r{{.again = 60s, .again_most = 1h}};
  r.failed(a, revisits_start), r.failed(a, revisits_start);
  r.taken(a);
  EXPECT_FALSE(r.due(a, revisits_start + 100h));
  EXPECT_FALSE(r.next_due());
  r.let_go(a, revisits_start + 1h);
  EXPECT_EQ(r.next_due(), revisits_start + 1h + 60s);
  r.taken(a);
  r.failed(a, revisits_start + 2h);
  EXPECT_EQ(r.next_due(), revisits_start + 2h + 240s) << "the third failure";
}

TEST(revisits, a_walk_that_does_not_find_a_file_forgets_it) {
  revisits r{{.again = 60s, .again_most = 1h}};
  for (const auto id : {a, b, c}) r.failed(id, revisits_start);
  r.taken(c);
  r.walk_begins();
  r.due(a, revisits_start);
  r.failed(4, revisits_start + 1s);  // while the walk goes on, which had passed it by
  r.walk_ends();
  EXPECT_TRUE(r.knows(a));
  EXPECT_FALSE(r.knows(b));
  EXPECT_TRUE(r.knows(c)) << "it is being tried";
  EXPECT_TRUE(r.knows(4));
  EXPECT_EQ(r.next_due(), revisits_start + 60s);
}

TEST(revisits, a_full_table_forgets_what_is_due_soonest) {
  revisits r{{.again = 60s, .again_most = 1h, .most = 3}};
  r.failed(a, revisits_start), r.failed(a, revisits_start);
  r.failed(b, revisits_start);
  r.failed(c, revisits_start + 1s);
  r.failed(4, revisits_start + 2s);
  EXPECT_EQ(r.size(), 3u);
  EXPECT_FALSE(r.knows(b));
  EXPECT_TRUE(r.knows(a) && r.knows(c) && r.knows(4));
}

TEST(revisits, the_default_table_is_bounded) {
  revisits r{{}};
  for (std::uint64_t id = 1; id <= 70'000; ++id) r.failed(id, revisits_start + std::chrono::milliseconds{id});
  EXPECT_EQ(r.size(), 65'536u);
  EXPECT_FALSE(r.knows(70'000 - 65'536));
  EXPECT_TRUE(r.knows(70'000 - 65'536 + 1));
}

TEST(revisits, names_are_told_apart_by_root_and_path) {
  std::set<std::uint64_t> ids{0};  // never one of them
  for (std::size_t root = 0; root < 10; ++root)
    for (int i = 0; i < 1000; ++i) ids.insert(revisit_id(root, "d/" + std::to_string(i)));
  EXPECT_EQ(ids.size(), 10'001u);
  EXPECT_EQ(revisit_id(3, "x"), revisit_id(3, "x"));
}

/// The model is a plain map.
TEST(revisits, does_as_a_map_would) {
  std::mt19937_64 random{20261126};
  const milliseconds again = 7ms, most = 500ms;
  revisits r{{.again = again, .again_most = most, .most = 1000}};
  struct waiting {
    int failures;
    steady_time due;
  };
  std::map<std::uint64_t, waiting> model;
  auto now = revisits_start;
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::milliseconds{random() % 3};
    const auto id = 1 + random() % 200;
    const auto at = model.find(id);
    switch (random() % 5) {
      case 0:
        r.forget(id), model.erase(id);
        break;
      case 1:
        r.taken(id);
        if (at != model.end()) at->second.due = steady_time::max();
        break;
      case 2:
        r.let_go(id, now);
        if (at != model.end()) at->second.due = now + again;
        break;
      default: {
        r.failed(id, now);
        auto& w = model[id];
        w.due = now + std::min<milliseconds>(again * (1 << std::min(w.failures++, 10)), most);
      }
    }
    std::optional<steady_time> soonest;
    for (const auto& [known, w] : model)
      if (w.due != steady_time::max() && (!soonest || w.due < *soonest)) soonest = w.due;
    ASSERT_EQ(r.next_due(), soonest) << i;
    ASSERT_EQ(r.size(), model.size());
    ASSERT_EQ(r.due(id, now), !model.contains(id) || model[id].due <= now) << i;
  }
}

}  // namespace
}  // namespace sluice::core
