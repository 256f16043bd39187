// The monitor knows what the last attempts say of the endpoint, and the one state that every view shows.
#pragma once

#include "core/http/verdict.hpp"
#include "core/time.hpp"

#include <sluice/endpoint.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace sluice::core {

/// Failures count until a file is accepted. So many are trouble:
///
///   failure                                            state         attempts
///   the endpoint is not whom we trust                  refused       1
///   401, 403, 404, 407, 3xx                            refused       3
///   a reply that does not meet the success rule        refused       3
///   any other refusal of one file                      refused       100
///   no connection                                      unreachable   3
///   no reply in time, or none that can be read         no replies    3
///   a connection lost before its reply                 no replies    3, each begun after the one before had
///   ended 429, 5xx                                           held back     3, and 5 seconds
///
/// Any reply ends a silence. The breaker has limits of its own: while it is open, the endpoint is in trouble,
/// too.
class endpoint_monitor {
 public:
  static constexpr int few = 3, many = 100;
  static constexpr milliseconds busy_for{5000};  ///< time without a file accepted until busy replies are told
  static constexpr milliseconds at_rest{1000};   ///< time without an attempt until the engine is idle

  /// The engine of this monitor began at `now`.
  explicit endpoint_monitor(steady_time now = {}) noexcept : sending_since_{now}, active_at_{now} {}

  /// An attempt begins, and `others` are under way.
  void begin_attempt(std::size_t others, steady_time now) noexcept;
  /// Notes the end of an attempt that began at `begun`.
  void observe(const judgement& j, steady_time begun, steady_time now);
  /// The credentials are others than before: refusals of the old ones say nothing any more.
  void forget_refusals() noexcept { answers_ = {}; }
  void set_paused(bool on, steady_time now) noexcept { set_since(paused_since_, on, now); }
  void set_renewing(bool on, steady_time now) noexcept { set_since(renewing_since_, on, now); }
  bool is_paused() const noexcept { return paused_since_.has_value(); }
  bool is_renewing() const noexcept { return renewing_since_.has_value(); }

  struct condition {
    endpoint_state state = endpoint_state::idle;
    steady_time since{};
    std::string why{};
    bool is_of_rule = false;  ///< replies come, and none meets the success rule
  };
  /// The endpoint's trouble; nothing while it takes files, or only asks for a while.
  std::optional<condition> find_trouble(bool breaker_open) const;

  /// The rest of what a condition is made of.
  struct facts {
    bool breaker_open = false;
    bool pausing = false;   ///< Retry-After holds everything back
    bool has_work = false;  ///< files are under way or wait for their turn
  };
  condition find_condition(const facts& known, steady_time now) const;

 private:
  enum class kind { identity, refusal, rule, one_file, unreachable, silence, busy };
  /// Failures of one kind, or of silence and unreachable, which take turns where a server hangs.
  struct streak {
    int count = 0;
    kind what = kind::busy;
    steady_time since{};
    steady_time counted{};  ///< the end of the last one that was counted
    std::string why{};
    bool is_of_proxy = false;  ///< `why` speaks of the proxy
  };
  void set_since(std::optional<steady_time>& t, bool on, steady_time now) noexcept;
  bool is_busy(steady_time now) const noexcept;
  static kind kind_of(const judgement& j) noexcept;
  static bool is_silent(kind k) noexcept { return k == kind::silence || k == kind::unreachable; }
  static bool is_trouble(const streak& s) noexcept;
  static condition condition_of(const streak& s);

  streak answers_, silence_;
  steady_time sending_since_, active_at_;
  std::optional<steady_time> paused_since_, renewing_since_;
  steady_time held_since_ = steady_time::min(), held_until_ = steady_time::min();
};

}  // namespace sluice::core
