// TLS sessions that a later connection may resume (RFC 8446 §2.2).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

struct ssl_session_st;

namespace sluice::io {

/// Of one uploader: one origin, one TLS configuration, so no session is ever shown to another server or
/// resumed under other rules. Each ticket is used once (RFC 8446 appendix C.4); at most `most` wait.
class session_tickets {
 public:
  static constexpr std::size_t most = 64;
  using ticket = std::unique_ptr<ssl_session_st, void (*)(ssl_session_st*)>;

  /// The newest; null when there is none.
  ticket take() noexcept;
  /// Owns `session` from now on. What cannot be resumed is let go.
  void keep(ssl_session_st* session);
  /// A handshake has failed: the next ones start from nothing.
  void clear() noexcept { tickets_.clear(); }
  std::size_t size() const noexcept { return tickets_.size(); }

 private:
  std::vector<ticket> tickets_;
};

}  // namespace sluice::io
