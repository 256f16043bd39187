// The endpoint's state: what an uploader does with its endpoint at a moment, since when and why.
//
//     const auto p = up.progress();
//     if (!is_healthy(p.endpoint.state)) std::cerr << to_string(p.endpoint.state) << ": " << p.endpoint.why
//     << '\n';
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

/// One state for every view. Where several hold, the first of these that does is told: stopping, starting,
/// paused, renewing; then what is wrong with the endpoint; then held_back, sending, idle.
enum class endpoint_state {
  idle,       ///< no file is under way or waits for its turn
  sending,    ///< files are under way or wait for their turn
  held_back,  ///< new uploads wait for a while: Retry-After, or an endpoint that is busy
  renewing,   ///< pause_reason::renewal: credentials are being renewed
  paused,     ///< pause_reason::asked
  refused,    ///< the endpoint answers, and takes nothing as it is sent: 401, redirects, TLS identity, a rule
              ///< that no reply meets
  unreachable,  ///< no connection can be made, or nothing but errors is answered
  no_replies,   ///< requests leave, and no reply comes to its end
  stopping,     ///< no upload begins any more
  starting,     ///< the source is opened and the job log read
};

/// All of them, in the order of their values.
inline constexpr std::array all_endpoint_states{endpoint_state::idle,        endpoint_state::sending,
                                                endpoint_state::held_back,   endpoint_state::renewing,
                                                endpoint_state::paused,      endpoint_state::refused,
                                                endpoint_state::unreachable, endpoint_state::no_replies,
                                                endpoint_state::stopping,    endpoint_state::starting};

/// The words of every view: status line, control socket, page, metrics, service manager, health check.
constexpr std::string_view to_string(endpoint_state s) noexcept {
  constexpr std::array<std::string_view, all_endpoint_states.size()> words{
      "idle",    "sending",     "held back",  "renewing", "paused",
      "refused", "unreachable", "no replies", "stopping", "starting"};
  return words[static_cast<std::size_t>(s)];
}

/// Whether the endpoint takes files, as far as is known: false for refused, unreachable and no_replies.
constexpr bool is_endpoint_up(endpoint_state s) noexcept {
  using enum endpoint_state;
  return s != refused && s != unreachable && s != no_replies;
}

/// Whether an operator has nothing to do: the endpoint is up, and nobody paused the uploader.
constexpr bool is_healthy(endpoint_state s) noexcept {
  return is_endpoint_up(s) && s != endpoint_state::paused;
}

/// Why an uploader is paused; told apart by progress().
enum class pause_reason {
  asked,    ///< an operator wants it: state `paused`
  renewal,  ///< credentials are being renewed: state `renewing`
};

/// The state at a moment.
struct endpoint_status {
  endpoint_state state = endpoint_state::idle;
  std::chrono::system_clock::time_point since;  ///< when it began
  std::string why;  ///< one line for people, safe for a terminal; empty where there is nothing to say
};

}  // namespace sluice
