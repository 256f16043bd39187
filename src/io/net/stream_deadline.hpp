// The deadline of what a stream does: of one operation, within one of several operations.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/watchdog.hpp"

#include <functional>

namespace sluice::io {

class stream_deadline final : private watched {
 public:
  /// `passed` is called with the meaning of a deadline that has passed.
  stream_deadline(watchdog& watch, std::function<void(error_code)> passed);
  ~stream_deadline() { watch_.remove(*this); }
  stream_deadline(const stream_deadline&) = delete;

  /// The next operations end with `why` when `when` has passed; disarm() leaves only the limit.
  void arm(core::steady_time when, error_code why) noexcept;
  void disarm() noexcept { due = limit_, due_code_ = limit_code_; }
  /// An outer deadline, in force from now on: no arm() reaches beyond it, until set_limit(max).
  void set_limit(core::steady_time when, error_code why) noexcept;
  /// No deadline passes before the next call.
  void drop() noexcept { due = core::steady_time::max(); }

  /// The kernel must take a byte by `when`, or by an earlier time that was named since it took the last.
  void arm_stall(core::steady_time when) noexcept;
  void went_on() noexcept { stalled_at_ = core::steady_time::max(); }

 private:
  void expire() override { passed_(due_code_); }

  watchdog& watch_;
  std::function<void(error_code)> passed_;
  error_code due_code_;  ///< meaning of a passed deadline
  core::steady_time limit_ = core::steady_time::max();
  error_code limit_code_;
  core::steady_time stalled_at_ = core::steady_time::max();  ///< unless the kernel takes a byte before
};

}  // namespace sluice::io
