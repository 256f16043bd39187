// The better one of two addresses of a host (RFC 6724, section 6).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>

namespace sluice::io {

struct destination {
  boost::asio::ip::address to;
  std::optional<boost::asio::ip::address>
      from{};  ///< the address of ours that is used; nothing where no way leads there
};

/// Rules 1, 2, 5, 6 and 8; the others need what an ordinary program does not know.
bool is_better(const destination& a, const destination& b);

/// Asks the kernel; sends nothing.
std::optional<boost::asio::ip::address> source_towards(const boost::asio::ip::address& to);

}  // namespace sluice::io
