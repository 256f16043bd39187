// The proxy of an endpoint, as all connections of an uploader know it.
#pragma once

#include "core/net/proxy.hpp"
#include "core/net/proxy_dialogue.hpp"
#include "io/asio.hpp"
#include "io/net/address_book.hpp"
#include "io/net/resolver.hpp"
#include "io/net/session_tickets.hpp"
#include "io/net/tls_client.hpp"

#include <sluice/config.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::io {

/// A proxy whose files are read: what an uploader needs of it.
struct proxy_terms {
  core::proxy proxy;
  std::vector<header> headers;
  std::shared_ptr<const tls_client> tls;  ///< null unless TLS is spoken with the proxy itself
  lookup_terms lookup{};                  ///< terms for the proxy's own host
};

/// The connections of an uploader share it.
struct proxy_route {
  proxy_route(const asio::any_io_executor& executor, proxy_terms t, std::shared_ptr<tracer> trace = nullptr)
      : terms{std::move(t)}, names{executor, terms.proxy.at.lookup_name(), terms.lookup, std::move(trace)} {}

  proxy_terms terms;
  resolver names;            ///< looks up the proxy's host
  address_book endpoints{};  ///< addresses of the endpoint that the proxy was told
  std::shared_ptr<session_tickets> tickets = std::make_shared<session_tickets>();
};

}  // namespace sluice::io
