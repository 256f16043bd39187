#include "io/session_tickets.hpp"

#include <openssl/ssl.h>

namespace sluice::io {

session_tickets::ticket session_tickets::take() noexcept {
  if (tickets_.empty()) return {nullptr, SSL_SESSION_free};
  auto newest = std::move(tickets_.back());
  tickets_.pop_back();
  return newest;
}

void session_tickets::keep(ssl_session_st* session) {
  ticket t{session, SSL_SESSION_free};
  if (session == nullptr || SSL_SESSION_is_resumable(session) != 1) return;
  if (tickets_.size() == most) tickets_.erase(tickets_.begin());
  tickets_.push_back(std::move(t));
}

}  // namespace sluice::io
