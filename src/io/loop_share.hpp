// The time that one piece of work has had the loop.
#pragma once

#include <chrono>
#include <optional>

namespace sluice::io {

/// A piece of many short steps gives the loop to others when its share is used up, however long a step took.
class loop_share {
 public:
  static constexpr std::chrono::milliseconds most{1};

  /// A step's time counts from here to its destruction; one at a time.
  class step {
   public:
    explicit step(loop_share& of) noexcept : of_{of} { of_.begun_ = clock::now(); }
    ~step() {
      of_.spent_ += clock::now() - *of_.begun_;
      of_.begun_.reset();
    }
    step(const step&) = delete;
    step& operator=(const step&) = delete;

   private:
    loop_share& of_;
  };

  bool is_used_up() const noexcept {
    return spent_ + (begun_ ? clock::now() - *begun_ : clock::duration{}) >= most;
  }
  /// The share begins anew: others had their turn.
  void renew() noexcept { spent_ = {}; }

 private:
  using clock = std::chrono::steady_clock;
  clock::duration spent_{};
  std::optional<clock::time_point> begun_;
};

}  // namespace sluice::io
