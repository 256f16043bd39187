// The messages for all clients of the status server: made at most once a beat, shared by them, and only when
// one asks.
#pragma once

#include "metrics.hpp"
#include "telemetry.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sluice::cli {

using shared_text = std::shared_ptr<const std::string>;

class board {
 public:
  /// `shown` and what `look` refers to must outlive it.
  board(telemetry& shown, std::function<progress()> look) : shown_{shown}, look_{std::move(look)} {}

  /// A new second: samples, and forgets what was made of the last.
  void beat(instant now);

  shared_text metrics_text();
  shared_text history_event();
  shared_text now_event();
  shared_text errors_event();
  /// Another one when errors_event() has become another.
  std::uint64_t errors_version() const noexcept { return errors_version_; }
  struct health {
    bool good = false;
    std::string text;  ///< one line
  };
  health check() const;

 private:
  telemetry& shown_;
  std::function<progress()> look_;
  metrics metrics_;
  shared_text metrics_text_, history_, now_, errors_;
  std::uint64_t errors_version_ = 0;
};

}  // namespace sluice::cli
