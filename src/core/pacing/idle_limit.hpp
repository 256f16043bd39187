// How long a kept connection may have been idle and still carry another request.
#pragma once

#include "core/time.hpp"

#include <optional>
#include <string_view>

namespace sluice::core {

/// The members of `Keep-Alive: timeout=5, max=100` (RFC 2068 §19.7.1.1).
struct keep_alive_terms {
  std::optional<std::chrono::seconds> timeout;  ///< the server closes a connection that is idle for so long
  std::optional<unsigned> max;                  ///< requests that it still takes on this connection
};
keep_alive_terms parse_keep_alive(std::string_view value);

/// A server closes idle connections after a time that it may tell, and otherwise shows: a request that meets
/// the close gets no answer. Both bound how long a connection may rest. Some close after each reply and do
/// not say so (tinyproxy in front of an http:// server): no connection rests there at all. What was shown is
/// forgotten after ten minutes, because a server that was started again looks the same.
class idle_limit {
 public:
  using duration = steady_time::duration;

  explicit idle_limit(duration most) : most_{most} {}

  bool allows(duration idle, steady_time now) const noexcept;
  /// The server says after which idle time it closes.
  void told(std::chrono::seconds timeout) noexcept;
  /// A connection that had been idle so long got no answer.
  void died(duration idle, steady_time now) noexcept;
  /// A kept connection got an answer.
  void answered() noexcept { keeps_ = true; }

 private:
  static constexpr std::chrono::minutes memory{10};

  duration most_;
  duration told_ = duration::max();
  duration seen_ = duration::max();
  steady_time forget_at_{};
  bool keeps_ = false;          ///< the server has answered on a kept connection
  unsigned hardly_rested_ = 0;  ///< so many that died had not rested
};

}  // namespace sluice::core
