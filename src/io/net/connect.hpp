// The first of several addresses to answer (RFC 8305).
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/local_end.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace sluice::io {

struct connected {
  error_code error;  ///< error of the last address that failed; not_found where there was no address
  asio::ip::tcp::socket socket;
  asio::ip::tcp::endpoint to{};  ///< the winner
  core::steady_time begun{};     ///< when the winner was begun with
  std::vector<asio::ip::tcp::endpoint> failed{};
  std::vector<asio::ip::tcp::endpoint> silent{};  ///< had their head start, and no answer
};

/// Addresses that come while a race is under way.
struct late_addresses {
  std::vector<asio::ip::tcp::endpoint> fresh{};
  bool over = true;                 ///< no more will come
  core::steady_time patience{};     ///< the longest time to wait for them when all others have failed
  std::function<void()> changed{};  ///< set by the race, called by who adds some
  /// Called by the race for each address that fails while there is no winner, with the time when its turn
  /// began; empty: nobody asks.
  std::function<void(const asio::ip::tcp::endpoint&, error_code, core::steady_time)> refused{};
};

/// Starts one address after the other, each when one before has failed or 250 ms have passed; the first to
/// connect wins and the others are closed. Emitting `abort` ends it with operation_aborted. `from`, which
/// must outlive it, is our end; null: the system chooses.
awaitable<connected> connect_first(asio::any_io_executor executor,
                                   const std::vector<asio::ip::tcp::endpoint>& addresses,
                                   asio::cancellation_slot abort,
                                   std::shared_ptr<late_addresses> late = std::make_shared<late_addresses>(),
                                   const local_end* from = nullptr);

}  // namespace sluice::io
