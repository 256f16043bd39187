// When a run reads its secrets again, and what holds it back meanwhile.
#pragma once

#include "renewal.hpp"

#include <cstdint>
#include <optional>

namespace sluice::cli {

/// Pure. The operator asks for a reload, a server that answers 401 for a renewal, and a token that will end
/// for a refresh; one of them is under way at a time. A reload that is asked for meanwhile follows. A run
/// that is stopping ends what it began.
class reload {
 public:
  using time = renewal::time;
  enum class state : std::uint8_t {
    starting,          ///< there are no old secrets to be renewed
    idle,              ///< no secrets are being read
    reloading,         ///< the service manager waits for the end of it
    reloading_again,   ///< another reload follows
    renewing,          ///< the server does not take the old secrets, so no upload begins
    renewing_again,    ///< a reload follows
    refreshing,        ///< the next token is asked for while the last one still is good
    refreshing_again,  ///< a reload follows
    stopping,          ///< no reading begins any more
    ending_reload,     ///< stopping, and a reload is under way
    ending_renewal,    ///< stopping, and a renewal is under way
    ending_refresh,    ///< stopping, and a refresh is under way
  };

  /// The run has begun.
  void begin() noexcept;
  void stop() noexcept;

  /// The operator asks for a reload. True: it begins now, and the service manager is told.
  bool ask_reload() noexcept;
  /// An attempt that began at `begun` was answered 401.
  void refused(time begun, time now) { renewal_.refused(begun, now); }
  void accepted(time begun) { renewal_.accepted(begun); }
  /// The time of the next renewal; nothing while there is no reason to, or no room for it.
  std::optional<time> renewal_at() const noexcept;
  /// The time of a renewal has come.
  void begin_renewal(time now) noexcept;
  /// The last token will end. True: a refresh begins now; false: other secrets are being read, or none any
  /// more.
  bool begin_refresh() noexcept;

  struct end {
    bool renewed = false;   ///< a renewal ended, and its pause with it
    bool reloaded = false;  ///< a reload ended: the service manager is told
    bool again = false;     ///< a reload was asked for meanwhile
  };
  /// The secrets have been read; `changed`: they are others than before.
  end end_reading(bool changed, time now);

  /// The operator's pause, which no renewal ends.
  void hold_back(bool on) noexcept { held_ = on; }
  bool is_held() const noexcept { return held_; }
  bool is_renewing() const noexcept;
  /// Attempts are held back: fresh secrets are being fetched, or will be, and the old ones have run out.
  bool holds_back() const noexcept;
  state now_is() const noexcept { return state_; }

 private:
  bool is_stopping() const noexcept;
  bool is_refreshing() const noexcept;

  state state_ = state::starting;
  bool held_ = false;
  renewal renewal_;
};

}  // namespace sluice::cli
