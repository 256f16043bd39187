#include "engine/dispatch/lanes.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Notes who was aborted, and which connections are alive.
struct noting_network final : io::network {
  struct noting_connection final : io::exchanger {
    noting_connection(noting_network& n, int i) : network{n}, id{i} { network.alive.insert(id); }
    ~noting_connection() override { network.alive.erase(id); }
    noting_connection(const noting_connection&) = delete;
    awaitable<io::exchange_report> exchange(const io::request&, io::body&) override {
      co_return io::exchange_report{};
    }
    void abort(error_code) noexcept override { network.aborted.push_back(id); }
    noting_network& network;
    int id;
  };
  std::unique_ptr<io::exchanger> make_connection() override {
    if (fails) throw std::bad_alloc{};
    return std::make_unique<noting_connection>(*this, ++made);
  }
  void set_limit_rate(std::uint64_t) override {}
  void set_tls(std::shared_ptr<const io::tls_client>) override {}
  void set_proxy_login(std::optional<core::credentials>) override {}

  int made = 0;
  bool fails = false;
  std::set<int> alive;
  std::vector<int> aborted;
};

/// Lanes at work for `who`, one after the other.
lane& busy(lanes& all, io::network& network, const std::shared_ptr<job_owner>& who) {
  auto& l = all.idle(network);
  l.owner = who;
  all.taken();
  return l;
}

TEST(lanes, are_made_only_when_none_is_idle) {
  noting_network network;
  lanes all;
  auto& first = all.idle(network);
  EXPECT_EQ(&all.idle(network), &first) << "it stays idle until it is taken";
  all.taken();
  auto& second = all.idle(network);
  EXPECT_NE(&second, &first);
  EXPECT_EQ(network.made, 2);
}

TEST(lanes, give_the_connection_that_was_used_last) {
  noting_network network;
  fake::world w;
  const auto who = std::make_shared<fake::owner>(w);
  lanes all;
  auto& a = busy(all, network, who);
  auto& b = busy(all, network, who);
  all.put_aside(b, 4);
  all.put_aside(a, 4);
  EXPECT_EQ(&all.idle(network), &a);
  all.taken();
  EXPECT_EQ(&all.idle(network), &b);
  EXPECT_EQ(network.made, 2);
}

TEST(lanes, that_end_are_kept_as_far_as_the_window_is_wide) {
  noting_network network;
  fake::world w;
  const auto who = std::make_shared<fake::owner>(w);
  lanes all;
  std::vector<lane*> busy_ones;
  for (int n = 0; n < 3; ++n) busy_ones.push_back(&busy(all, network, who));
  for (auto* l : busy_ones) all.put_aside(*l, 2);
  EXPECT_THAT(network.alive, ElementsAre(1, 2));
  EXPECT_EQ(who.use_count(), 1) << "an idle lane works for nobody";
}

TEST(lanes, abort_the_exchanges_of_one_owner_or_of_all_and_never_an_idle_one) {
  noting_network network;
  fake::world w;
  const auto ours = std::make_shared<fake::owner>(w), theirs = std::make_shared<fake::owner>(w);
  lanes all;
  busy(all, network, ours), busy(all, network, theirs), busy(all, network, ours);
  auto& idle = busy(all, network, ours);
  all.put_aside(idle, 4);
  all.abort(ours.get(), errc::stopped);
  EXPECT_THAT(network.aborted, testing::UnorderedElementsAre(1, 3));
  network.aborted.clear();
  all.abort(nullptr, errc::stopped);
  EXPECT_THAT(network.aborted, testing::UnorderedElementsAre(1, 2, 3));
}

TEST(lanes, hand_over_the_jobs_that_no_coroutine_has_taken) {
  noting_network network;
  fake::world w;
  const auto who = std::make_shared<fake::owner>(w);
  lanes all;
  busy(all, network, who).next = std::make_unique<job>(fake::job_of(who, "a", 7));
  busy(all, network, who);
  const auto left = all.abandon();
  const auto jobs = std::ranges::count_if(left, [](const auto& j) { return j && j->seq == 7; });
  EXPECT_EQ(jobs, 1);
  for (const auto& j : all.abandon()) EXPECT_FALSE(j) << "it has let go of them";
}

TEST(lanes, are_as_they_were_when_no_connection_can_be_made) {
  noting_network network;
  lanes all;
  network.fails = true;
  EXPECT_THROW(all.idle(network), std::bad_alloc);
  network.fails = false;
  EXPECT_NE(all.idle(network).connection, nullptr);
  EXPECT_THAT(network.aborted, IsEmpty());
}

}  // namespace
}  // namespace sluice::engine
