// The decisions that say which upload may begin, and when: they are asked several times for each file.
#include "core/pacing/backlog.hpp"
#include "core/pacing/permits.hpp"
#include "core/pacing/rate_limit.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace {

namespace core = sluice::core;

void take_permit(benchmark::State& state) {
  core::permits window{16};
  for (auto _ : state) {
    benchmark::DoNotOptimize(window.try_take());
    window.give_back();
  }
}
BENCHMARK(take_permit);

void backlog_ready(benchmark::State& state) {
  const auto waiting = static_cast<std::size_t>(state.range(0));
  core::backlog<std::uint64_t> jobs{waiting / 2, waiting};
  const core::steady_time now{std::chrono::hours{1}};
  for (std::size_t i = 0; i < waiting; ++i) jobs.push(std::size_t{i});
  for (auto _ : state) jobs.push(jobs.pop(now).value_or(0));
}
BENCHMARK(backlog_ready)->Arg(16)->Arg(1024)->Arg(65536);

void backlog_backing_off(benchmark::State& state) {
  const auto waiting = static_cast<std::size_t>(state.range(0));
  core::backlog<std::uint64_t> jobs{waiting / 2, waiting};
  core::steady_time now{std::chrono::hours{1}};
  std::uint64_t mixed = 1;
  const auto due = [&] {  // scattered over a second, the same in every run
    mixed = mixed * 6364136223846793005U + 1442695040888963407U;
    return now + std::chrono::microseconds{mixed >> 44U};
  };
  for (std::size_t i = 0; i < waiting; ++i) jobs.push_later(std::size_t{i}, due());
  for (auto _ : state) {
    now = jobs.next_due().value_or(now);
    jobs.push_later(jobs.pop(now).value_or(0), due());
  }
}
BENCHMARK(backlog_backing_off)->Arg(16)->Arg(1024)->Arg(65536);

void rate(benchmark::State& state) {
  core::rate_limit limit{1e9};
  core::steady_time now{std::chrono::hours{1}};
  for (auto _ : state) {
    now += std::chrono::microseconds{1};
    benchmark::DoNotOptimize(limit.ready_at(now));
    limit.take(1000, now);
  }
}
BENCHMARK(rate);

}  // namespace
