// The first of several addresses to answer (RFC 8305).
#pragma once

#include "io/asio.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

namespace sluice::io {

struct connected {
  error_code error;  ///< of the last address that failed
  asio::ip::tcp::socket socket;
};

/// Address families in turn, beginning with that of the first address.
std::vector<asio::ip::tcp::endpoint> interleave(const std::vector<asio::ip::tcp::endpoint>& addresses);

/// Starts one address after the other, each when the one before has failed or 250 ms have passed; the first
/// to connect wins and the others are closed. Emitting `abort` ends it with operation_aborted.
awaitable<connected> connect_first(asio::any_io_executor executor,
                                   const std::vector<asio::ip::tcp::endpoint>& addresses,
                                   asio::cancellation_slot abort);

}  // namespace sluice::io
