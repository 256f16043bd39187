// The last hour in steps of five seconds: what the plots are drawn from.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace sluice::cli {

/// One step: means of its samples, and the backlog at its end.
struct history_point {
  double files_per_second = 0, bytes_per_second = 0;
  std::optional<std::uint64_t> backlog{};  ///< empty: not known yet
};

/// A ring: an hour at the most, however long it runs. Steps without a sample are gaps.
class history {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds step{5};
  static constexpr std::size_t most = 720;

  /// Times must not go back.
  void add(clock::time_point now, const history_point& sample);

  const std::deque<std::optional<history_point>>& points() const noexcept { return points_; }
  std::uint64_t first() const noexcept { return first_; }  ///< the number of the step points() begins with
  std::uint64_t last() const noexcept { return first_ + points_.size() - 1; }  ///< only with a point

 private:
  std::uint64_t step_at(clock::time_point now);
  void open(std::uint64_t number);

  std::optional<clock::time_point> began_;
  std::deque<std::optional<history_point>> points_;
  std::uint64_t first_ = 0;
  std::uint64_t samples_ = 0;  ///< part of the last step
};

}  // namespace sluice::cli
