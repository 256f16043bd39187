// A look a second at a running watch.
#pragma once

#include "cli/monitor/telemetry.hpp"
#include "cli/terminal/pace_meter.hpp"
#include "watch_run.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::cli {

class sampler {
 public:
  /// `run` and `shown` outlive it.
  sampler(const boost::asio::any_io_executor& executor, watch_run& run, telemetry& shown);
  sampler(const sampler&) = delete;

  /// Looks now, and again each second.
  void keep_looking();
  /// The pace of the last seconds.
  const pace& last_pace() const noexcept { return pace_; }
  /// Warns once when the kernel does not report on some directories.
  void tell_rescans();

 private:
  watch_run& run_;
  telemetry& shown_;
  boost::asio::steady_timer again_at_;
  pace_meter meter_;
  pace pace_;
  bool rescans_told_ = false;
};

}  // namespace sluice::cli
