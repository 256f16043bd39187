#include "io/watchdog.hpp"

#include "support/loop_run.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

struct dog_food final : watched {
  explicit dog_food(std::function<void()> then = [] {}) : then_{std::move(then)} {}
  void expire() override {
    ++expired;
    at = clock::now();
    EXPECT_EQ(due, core::steady_time::max());
    then_();
  }
  int expired = 0;
  core::steady_time at;

 private:
  std::function<void()> then_;
};

class watchdog_test : public testing::Test {
 protected:
  asio::io_context ioc_;
  watchdog dog_{ioc_.get_executor()};
};

TEST_F(watchdog_test, tells_of_a_deadline_once_and_not_before_it) {
  dog_food w;
  dog_.add(w);
  const auto due = w.due = clock::now() + 120ms;
  dog_.wake();
  loop::run_dry(ioc_);  // and nothing ticks any more
  EXPECT_EQ(w.expired, 1);
  EXPECT_GE(w.at, due);
}

TEST_F(watchdog_test, keeps_no_loop_alive_without_a_deadline) {
  dog_food w;
  dog_.add(w);
  loop::run_dry(ioc_);
  dog_.wake();
  loop::run_dry(ioc_);
  EXPECT_EQ(w.expired, 0);
}

TEST_F(watchdog_test, a_deadline_put_off_or_taken_back_is_not_met) {
  dog_food later, never;
  dog_.add(later), dog_.add(never);
  later.due = never.due = clock::now();
  dog_.wake();
  const auto due = later.due = clock::now() + 150ms;
  never.due = core::steady_time::max();
  loop::run_dry(ioc_);
  EXPECT_EQ(later.expired, 1);
  EXPECT_GE(later.at, due);
  EXPECT_EQ(never.expired, 0);
}

TEST_F(watchdog_test, one_tick_serves_all) {
  std::vector<std::unique_ptr<dog_food>> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(std::make_unique<dog_food>());
    dog_.add(*many.back());
    many.back()->due = clock::now();
    dog_.wake();
  }
  ioc_.run_one_for(loop::patience);
  for (const auto& w : many) EXPECT_EQ(w->expired, 1);
}

TEST_F(watchdog_test, what_was_removed_is_left_alone) {
  dog_food kept;
  dog_.add(kept);
  {
    dog_food gone;
    dog_.add(gone);
    gone.due = kept.due = clock::now();
    dog_.wake();
    dog_.remove(gone);
  }
  loop::run_dry(ioc_);
  EXPECT_EQ(kept.expired, 1);
  dog_.remove(kept), dog_.remove(kept);
}

TEST_F(watchdog_test, expire_may_set_a_new_deadline_and_add_another) {
  dog_food added;
  dog_food* self = nullptr;
  dog_food w{[&] {
    if (self->expired > 1) return;
    self->due = clock::now();
    added.due = clock::now();
    dog_.add(added);
    dog_.wake();
  }};
  self = &w;
  dog_.add(w);
  w.due = clock::now();
  dog_.wake();
  loop::run_dry(ioc_);
  EXPECT_EQ(w.expired, 2);
  EXPECT_EQ(added.expired, 1);
}

TEST_F(watchdog_test, may_die_with_a_deadline_set) {
  dog_food w;
  {
    watchdog short_lived{ioc_.get_executor()};
    short_lived.add(w);
    w.due = clock::now();
    short_lived.wake();
  }
  loop::run_dry(ioc_);
  EXPECT_EQ(w.expired, 0);
}

}  // namespace
}  // namespace sluice::io
