// TLS sessions that a later connection may resume (RFC 8446 §2.2).
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <memory>
#include <vector>

struct ssl_session_st;

namespace sluice::io {

/// The tickets belong to one uploader: one origin, one TLS configuration, so no session is ever shown to
/// another server or resumed under other rules. Each ticket is used once (RFC 8446 appendix C.4); at most
/// `most` wait. No session outlives the certificates it was made with.
class session_tickets {
 public:
  static constexpr std::size_t most = 64;
  using ticket = std::unique_ptr<ssl_session_st, void (*)(ssl_session_st*)>;

  /// The newest that is valid at `now`; null when there is none.
  ticket take(core::wall_time now) noexcept;
  /// Owns `session` from now on. What cannot be resumed is let go.
  void keep(ssl_session_st* session, core::wall_time valid_until);
  /// A handshake has failed: the next ones start from nothing.
  void clear() noexcept { tickets_.clear(); }
  std::size_t size() const noexcept { return tickets_.size(); }

 private:
  struct kept {
    ticket session;
    core::wall_time valid_until;
  };
  std::vector<kept> tickets_;
};

}  // namespace sluice::io
