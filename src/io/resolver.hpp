// Names to addresses with c-ares on the loop: cancellable, and no helper thread (Asio's resolver starts one).
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Resolves the one host of an uploader; remembers a good answer for ten seconds, so that a server that
/// closes each connection does not cost a query each.
class resolver {
 public:
  resolver(asio::any_io_executor executor, std::string host);

  struct answer {
    error_code error;  ///< host_not_found, resolver_failed, operation_aborted, or none
    std::vector<asio::ip::address> addresses;  ///< in the order of RFC 6724
  };
  /// An address literal is its own answer. Emitting `abort` ends it with operation_aborted.
  awaitable<answer> resolve(asio::cancellation_slot abort);

 private:
  asio::any_io_executor executor_;
  std::string host_;
  std::optional<answer> known_;
  core::steady_time known_until_{};
};

}  // namespace sluice::io
