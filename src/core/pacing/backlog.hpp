// Files that wait: fresh ones, ready ones, and those backing off, by due time. Bounded by its marks.
#pragma once

#include "core/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::core {

/// `Job` is movable. Its owner stops reading the source at full() and begins again at low().
/// A push that finds no memory throws and leaves the job with its caller.
template <class Job>
class backlog {
 public:
  backlog(std::size_t low, std::size_t high) : low_{low}, high_{high} {}

  bool full() const noexcept { return size() >= high_; }
  /// Twice that: not even what is fresh has room.
  bool flooded() const noexcept { return size() >= 2 * high_; }
  bool low() const noexcept { return size() <= low_; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept { return fresh_.size() + ready_.size() + later_.size(); }
  std::size_t ready() const noexcept { return fresh_.size() + ready_.size(); }
  std::size_t backing_off() const noexcept { return later_.size(); }
  void set_marks(std::size_t low, std::size_t high) noexcept { low_ = low, high_ = high; }

  void push(Job&& job) { ready_.push_back(std::move(job)); }
  /// Goes before all that push() brought, behind what came this way earlier.
  void push_fresh(Job&& job) { fresh_.push_back(std::move(job)); }
  /// Goes before all that are ready, also before those that came this way earlier.
  void push_first(Job&& job) { fresh_.push_front(std::move(job)); }
  /// The next push_later() does not throw.
  void make_room() {
    if (later_.size() == later_.capacity()) later_.reserve(std::max<std::size_t>(2 * later_.size(), 16));
  }
  void push_later(Job&& job, steady_time due) {
    make_room();
    later_.push_back({due, next_++, std::move(job)});
    std::push_heap(later_.begin(), later_.end(), due_last);
  }

  /// A job whose time has come: those that backed off first, so that they do not starve; nothing otherwise.
  std::optional<Job> pop(steady_time now) {
    if (!later_.empty() && later_.front().due <= now) {
      std::pop_heap(later_.begin(), later_.end(), due_last);
      std::optional<Job> job{std::move(later_.back().job)};
      later_.pop_back();
      return job;
    }
    if (!fresh_.empty()) {
      std::optional<Job> job{std::move(fresh_.front())};
      fresh_.pop_front();
      return job;
    }
    if (ready_.empty()) return std::nullopt;
    std::optional<Job> job{std::move(ready_.front())};
    ready_.pop_front();
    if (prepared_ > 0) --prepared_;
    return job;
  }

  /// The first of the next `depth` ready jobs that this has not returned before; null when there is none.
  /// Fresh ones are not among them: they are in memory still.
  Job* prepare(std::size_t depth) noexcept {
    if (prepared_ >= std::min(depth, ready_.size())) return nullptr;
    return &ready_[prepared_++];
  }

  /// When pop() could next have something: steady_time::min() when a job is ready, nothing when it is empty.
  std::optional<steady_time> next_due() const noexcept {
    if (!fresh_.empty() || !ready_.empty()) return steady_time::min();
    if (!later_.empty()) return later_.front().due;
    return std::nullopt;
  }

  /// Takes out everything, ready ones first: the run has ended.
  std::vector<Job> take_all() {
    std::vector<Job> all;
    all.reserve(size());
    for (auto& job : fresh_) all.push_back(std::move(job));
    for (auto& job : ready_) all.push_back(std::move(job));
    for (auto& waiting : later_) all.push_back(std::move(waiting.job));
    fresh_.clear(), ready_.clear(), later_.clear();
    prepared_ = 0;
    return all;
  }

  /// Takes out the jobs for which `wanted` is true.
  template <class Predicate>
  std::vector<Job> take_if(Predicate wanted) {
    std::vector<Job> taken;
    taken.reserve(size());  // no step fails half-way after this
    const auto prepared_end = ready_.begin() + static_cast<std::ptrdiff_t>(prepared_);
    prepared_ -= static_cast<std::size_t>(std::count_if(ready_.begin(), prepared_end, wanted));
    const auto going =
        std::stable_partition(ready_.begin(), ready_.end(), [&](const Job& j) { return !wanted(j); });
    std::move(going, ready_.end(), std::back_inserter(taken));
    const auto fresh =
        std::stable_partition(fresh_.begin(), fresh_.end(), [&](const Job& j) { return !wanted(j); });
    std::move(fresh, fresh_.end(), std::back_inserter(taken));
    fresh_.erase(fresh, fresh_.end());
    ready_.erase(going, ready_.end());
    const auto leaving =
        std::partition(later_.begin(), later_.end(), [&](const entry& e) { return !wanted(e.job); });
    for (auto it = leaving; it != later_.end(); ++it) taken.push_back(std::move(it->job));
    later_.erase(leaving, later_.end());
    std::make_heap(later_.begin(), later_.end(), due_last);
    return taken;
  }

 private:
  struct entry {
    steady_time due;
    std::uint64_t order;  ///< order of arrival, for equal due times
    Job job;
  };
  static bool due_last(const entry& a, const entry& b) {
    return a.due != b.due ? a.due > b.due : a.order > b.order;
  }

  std::size_t low_, high_;
  std::uint64_t next_ = 0;
  std::deque<Job> fresh_;
  std::deque<Job> ready_;
  std::size_t prepared_ = 0;  ///< number of prepared jobs at the front of the ready ones
  std::vector<entry> later_;  ///< a heap, soonest first
};

}  // namespace sluice::core
