// The end of a connection that is ours: an interface or an address of this machine (config::interface).
#pragma once

#include "core/parsed.hpp"
#include "io/asio.hpp"

#include <sluice/config.hpp>

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>

namespace sluice::io {

struct local_end {
  std::string device{};                        ///< an interface; empty where an address was given
  std::optional<asio::ip::address> address{};  ///< an address of this machine

  /// The family that a connection from here is of.
  address_family family() const;
};

/// Reads the name of an interface, or an address that this machine has now. Problem: it is neither.
core::parsed<local_end> find_local_end(const std::string& text);

/// Binds a socket that has not connected yet; `domain` is AF_INET or AF_INET6. Where the system does not let
/// us bind to an interface (Linux before 5.7 wants CAP_NET_RAW), an address of it is taken.
error_code bind_to(const local_end& from, int fd, int domain);

/// Says whether this machine has addresses of `family`; true for any.
bool has_family(address_family family);

}  // namespace sluice::io
