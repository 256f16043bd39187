// The way to the endpoint as a configuration gives it: addresses, their family, our own end, a Unix socket.
#pragma once

#include "core/http/url.hpp"
#include "io/net/local_end.hpp"
#include "io/net/proxy_route.hpp"
#include "io/net/resolver.hpp"

#include <sluice/config.hpp>
#include <sluice/problem.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <optional>
#include <vector>

namespace sluice::engine {

struct way {
  std::vector<asio::ip::tcp::endpoint> addresses{};  ///< the endpoint's, instead of what a lookup says
  io::lookup_terms lookup{};                         ///< terms for the endpoint's host
  std::optional<io::local_end> from{};               ///< an end of ours; without one the system chooses
  std::filesystem::path unix_socket{};               ///< empty: TCP
};

/// Each problem adds a line to `problems`. The terms for the proxy's own host go into `via`, if there is one.
way compile_way(const config& cfg, const core::url& endpoint, io::proxy_terms* via,
                std::vector<problem>& problems);

/// Says whether the URL's host is given an address by hand, so that a Host header may be written by hand too.
bool may_write_host(const config& cfg);

}  // namespace sluice::engine
