#include "core/pacing/cold_reads.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t device = 7, size = 100, large = cold_reads::small + 1;

void wait(cold_reads& c, unsigned times, cold_reads::duration time = 10us, std::uint64_t of = device) {
  for (unsigned n = 0; n < times; ++n) c.read_waited(of, time);
}

TEST(cold_reads, have_little_patience_with_small_files_and_much_with_large_ones) {
  const cold_reads c;
  EXPECT_EQ(c.patience(device, 0), 20ms);
  EXPECT_EQ(c.patience(device, cold_reads::small), 20ms);
  EXPECT_EQ(c.patience(device, large), 4s);
}

TEST(cold_reads, learn_what_a_file_system_never_brings) {
  cold_reads c;
  wait(c, cold_reads::enough - 1);
  EXPECT_EQ(c.patience(device, size), 20ms) << "once or twice is chance";
  wait(c, 1);
  EXPECT_EQ(c.patience(device, size), 0s);
  EXPECT_EQ(c.patience(device, large), 4s) << "a large file is on the disk";
  EXPECT_EQ(c.patience(device + 1, size), 20ms) << "other file systems are not like it";
  wait(c, 100);
  EXPECT_EQ(c.patience(device, size), 0s);
}

TEST(cold_reads, a_slow_disk_is_not_taken_for_one_that_brings_nothing) {
  cold_reads c;
  wait(c, 100, 5ms);
  EXPECT_EQ(c.patience(device, size), 20ms);
  wait(c, cold_reads::enough);
  wait(c, 1, 5ms);
  EXPECT_EQ(c.patience(device, size), 20ms) << "the loop was held: never again without patience";
}

TEST(cold_reads, bytes_that_come_by_themselves_show_that_they_do) {
  cold_reads c;
  wait(c, cold_reads::enough - 1);
  c.bytes_came(device);
  wait(c, cold_reads::enough - 1);
  EXPECT_EQ(c.patience(device, size), 20ms);
  wait(c, 1);
  c.bytes_came(device);
  EXPECT_EQ(c.patience(device, size), 20ms);
}

TEST(cold_reads, know_a_few_file_systems_and_the_latest_ones) {
  cold_reads c;
  constexpr auto most = cold_reads::most_devices;
  for (std::uint64_t d = 0; d < most; ++d) wait(c, cold_reads::enough, 10us, d);
  for (std::uint64_t d = 0; d < most; ++d) EXPECT_EQ(c.patience(d, size), 0s) << d;
  for (std::uint64_t d = most; d < 100; ++d) {
    wait(c, cold_reads::enough, 10us, d);
    EXPECT_EQ(c.patience(d, size), 0s) << d;
    EXPECT_EQ(c.patience(d - most, size), 20ms) << d;
  }
}

/// Takes files until one is not asked for; says how many were.
unsigned asked_before_try(cold_reads& c) {
  for (unsigned n = 0;; ++n)
    if (!c.asks_ahead()) return n;
}

TEST(cold_reads, no_file_is_asked_for_once_a_few_lay_in_memory) {
  cold_reads c;
  EXPECT_EQ(asked_before_try(c), 0u);
  c.read_unasked(true);
  EXPECT_EQ(asked_before_try(c), cold_reads::first_pause) << "the others are asked for meanwhile";
  c.read_unasked(true);
  EXPECT_EQ(asked_before_try(c), cold_reads::first_pause);
  c.read_unasked(true);
  for (int n = 0; n < 1000; ++n) {
    EXPECT_EQ(asked_before_try(c), 0u);
    c.read_unasked(true);
  }
}

TEST(cold_reads, a_file_that_is_not_in_memory_makes_the_next_ones_be_asked_for) {
  cold_reads c;
  for (unsigned n = 0; n < cold_reads::enough_hits; ++n) asked_before_try(c), c.read_unasked(true);
  c.read_unasked(false);
  unsigned pause = 2 * cold_reads::first_pause;
  for (int n = 0; n < 20; ++n) {
    EXPECT_EQ(asked_before_try(c), pause) << n;
    c.read_unasked(false);
    pause = std::min(2 * pause, cold_reads::longest_pause);
  }
  EXPECT_EQ(pause, cold_reads::longest_pause)
      << "a try makes a connection wait, so it is rare on a cold disk";
  for (unsigned n = 0; n < cold_reads::enough_hits; ++n) asked_before_try(c), c.read_unasked(true);
  EXPECT_FALSE(c.asks_ahead());
  c.read_unasked(false);
  EXPECT_EQ(asked_before_try(c), 2 * cold_reads::first_pause) << "the misses before are forgotten";
}

}  // namespace
}  // namespace sluice::core
