#include "io/net/session_tickets.hpp"

#include <openssl/ssl.h>

namespace sluice::io {

session_tickets::ticket session_tickets::take(core::wall_time now) noexcept {
  std::erase_if(tickets_, [&](const kept& k) { return k.valid_until <= now; });
  if (tickets_.empty()) return {nullptr, SSL_SESSION_free};
  auto newest = std::move(tickets_.back().session);
  tickets_.pop_back();
  return newest;
}

void session_tickets::keep(ssl_session_st* session, core::wall_time valid_until) {
  ticket t{session, SSL_SESSION_free};
  if (session == nullptr || SSL_SESSION_is_resumable(session) != 1) return;
  if (tickets_.size() == most) tickets_.erase(tickets_.begin());
  tickets_.push_back({std::move(t), valid_until});
}

}  // namespace sluice::io
