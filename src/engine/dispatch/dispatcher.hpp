// Decides when each upload begins: permits, gate and backlog decide, lanes carry.
#pragma once

#include "core/pacing/backlog.hpp"
#include "core/pacing/read_ahead.hpp"
#include "engine/attempt/attempt.hpp"
#include "engine/dispatch/gate.hpp"
#include "engine/dispatch/lanes.hpp"
#include "engine/dispatch/window_control.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::engine {

/// Told by the dispatcher, within its calls.
class dispatch_listener {
 public:
  virtual ~dispatch_listener() = default;
  /// The source may be read again.
  virtual void backlog_is_low() = 0;
  /// An attempt begins, and `others` are under way.
  virtual void attempt_begins(std::size_t others) = 0;
  /// Judgement of an attempt that began at `begun`, before its job has its outcome.
  virtual void endpoint_judged(const core::judgement& v, core::steady_time begun) = 0;
  virtual void lane_ended() = 0;
};

class dispatcher {
 public:
  using backlog_type = core::backlog<std::unique_ptr<job>>;
  /// Where in the backlog a job is put.
  enum class turn {
    last,
    fresh,  ///< goes before all jobs that came as `last`, behind those that came as `fresh`
    first,  ///< goes before all others
  };

  dispatcher(context& c, window_control& window, attempt& attempts, file_opener& opener,
             dispatch_listener& listener);

  const backlog_type& backlog() const noexcept { return backlog_; }
  engine::gate& gate() noexcept { return gate_; }
  const engine::gate& gate() const noexcept { return gate_; }

  /// Lack of memory throws, and `j` still is whole. pump() starts it.
  void push(job&& j, turn t = turn::last);
  /// Starts what may begin now; of the rest a timer calls this again.
  void pump();
  /// pump(), from the loop.
  void pump_soon();
  /// The window was changed.
  void resized();

  /// Takes the waiting jobs of `owner` out of the backlog, or with null those of everybody.
  std::vector<std::unique_ptr<job>> take_waiting(const job_owner* owner);
  /// Ends the exchanges of `owner`, or with null those of everybody.
  void abort(const job_owner* owner, error_code why) noexcept { lanes_.abort(owner, why); }
  /// The loop is being destroyed: lets go of what waits.
  void abandon();

 private:
  std::unique_ptr<job> next_job();
  void wake_at(core::steady_time t);
  void start(lane& l);
  awaitable<void> work(lane& l);
  void conclude(std::unique_ptr<job>& held, outcome o);
  void break_off(job* j, bool probe, const char* why);
  void listen_to(const outcome& o, bool probe);
  void end(lane& l);
  void look_ahead(core::steady_time now);

  context& context_;
  window_control& window_;
  attempt& attempts_;
  file_opener& opener_;
  dispatch_listener& listener_;
  backlog_type backlog_{0, 0};
  core::read_ahead read_ahead_;
  engine::gate gate_;
  lanes lanes_;
  struct {
    std::unique_ptr<io::timer> timer;
    core::steady_time at = core::steady_time::max();
  } wake_;
  bool pumping_ = false;
};

}  // namespace sluice::engine
