// The endpoint as all connections of an uploader know it.
#pragma once

#include "core/http/url.hpp"
#include "io/asio.hpp"
#include "io/net/address_book.hpp"
#include "io/net/lent_buffers.hpp"
#include "io/net/local_end.hpp"
#include "io/net/proxy_route.hpp"
#include "io/net/resolver.hpp"
#include "io/net/tls_session.hpp"
#include "io/net/tracer.hpp"
#include "io/watchdog.hpp"

#include <sluice/config.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::io {

/// The connections of an uploader share this.
struct endpoint {
  core::url url;
  std::shared_ptr<const tls_client> tls;  ///< null for http://
  resolver names;
  watchdog deadlines;
  std::vector<asio::ip::tcp::endpoint> addresses{};  ///< instead of what `names` says, if there are any
  sluice::connector connector{};                     ///< instead of both
  bool spread = false;                               ///< connections go where the fewest are
  address_book book{};
  std::shared_ptr<session_tickets> tickets = std::make_shared<session_tickets>();
  lent_buffers buffers{};
  std::unique_ptr<proxy_route> via{};   ///< connections go to this proxy; null: to the endpoint
  std::filesystem::path unix_socket{};  ///< connections go to this; empty: over TCP
  std::optional<local_end> from{};      ///< the end of TCP that is ours; nothing: the system chooses

  std::shared_ptr<tracer> trace{};  ///< null: nobody is told what happens

  /// The host that connections go to.
  resolver& dialled_names() noexcept { return via ? via->names : names; }
  std::uint16_t dialled_port() const noexcept { return via ? via->terms.proxy.at.port : url.port; }

  /// Connections made from now on are of `client`, and resume no session of an earlier one.
  void renew(std::shared_ptr<const tls_client> client) {
    tls = std::move(client);
    tickets = std::make_shared<session_tickets>();
  }
};

}  // namespace sluice::io
