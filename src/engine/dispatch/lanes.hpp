// The connections of an uploader, and the job that each works on.
#pragma once

#include "engine/attempt/job.hpp"
#include "io/world/network.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <vector>

namespace sluice::engine {

/// A lane is one connection and one coroutine, which takes job after job and ends when there is none.
struct lane {
  std::unique_ptr<io::exchanger> connection;
  std::shared_ptr<job_owner> owner{};  ///< owns the job it works on; null: the lane is idle
  std::unique_ptr<job> next{};         ///< waits for the lane's coroutine; null: none does
  std::list<lane>::iterator place{};   ///< the lane's place among all
};

class lanes {
 public:
  /// An idle lane, warmest connection first, or a new one. It stays idle until taken().
  lane& idle(io::network& network) {
    if (idle_.empty()) {
      idle_.reserve(all_.size() + 1);  // there is room for all of them when they end
      all_.push_front({network.make_connection()});
      all_.front().place = all_.begin();
      idle_.push_back(all_.begin());
    }
    return *idle_.back();
  }
  /// The one that idle() gave is at work.
  void taken() noexcept { idle_.pop_back(); }
  /// A lane has ended. It is kept while fewer than `most` are idle.
  void put_aside(lane& l, std::size_t most) {
    l.owner = nullptr, l.next.reset();
    if (most > idle_.size())
      idle_.push_back(l.place);
    else
      all_.erase(l.place);
  }
  /// Ends the exchanges of `owner`, or with null those of everybody, with `why`.
  void abort(const job_owner* owner, error_code why) noexcept {
    for (auto& l : all_)
      if (l.owner && (owner == nullptr || l.owner.get() == owner)) l.connection->abort(why);
  }
  /// Lets go of all jobs that no coroutine has taken. What they held dies when the result does.
  std::vector<std::unique_ptr<job>> abandon() {
    std::vector<std::unique_ptr<job>> left(all_.size());
    for (std::size_t n = 0; auto& l : all_) left[n++].swap(l.next);
    return left;
  }

 private:
  std::list<lane> all_;
  std::vector<std::list<lane>::iterator> idle_;
};

}  // namespace sluice::engine
