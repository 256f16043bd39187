// How fast it goes, from snapshots of a run.
#pragma once

#include "progress_text.hpp"

#include <deque>

namespace sluice::cli {

class pace_meter {
 public:
  /// The pace since three seconds ago, or since the last snapshot where that was longer ago.
  pace add(const progress& p) {
    using namespace std::chrono_literals;
    past_.push_back(p);
    while (past_.size() > 2 && p.elapsed - past_[1].elapsed > 3s) past_.pop_front();
    const auto& old = past_.front();
    const auto seconds = std::chrono::duration<double>(p.elapsed - old.elapsed).count();
    if (seconds <= 0) return {};
    return {static_cast<double>(p.counts[fate::accepted] - old.counts[fate::accepted]) / seconds,
            static_cast<double>(p.bytes - old.bytes) / seconds};
  }
  const progress& last() const { return past_.back(); }

 private:
  std::deque<progress> past_;
};

}  // namespace sluice::cli
