// Names to addresses with c-ares on the loop: cancellable, and no helper thread (Asio's resolver starts one).
#pragma once

#include "io/asio.hpp"
#include "io/net/name_lookup.hpp"
#include "io/net/tracer.hpp"

#include <sluice/config.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

namespace sluice::io {

/// How a host is looked up.
struct lookup_terms {
  std::vector<asio::ip::address> known{};  ///< addresses that the caller has; empty: DNS is asked
  address_family family = address_family::any;
};

/// Resolves the one host of an uploader; remembers a good answer for ten seconds, so that a server that
/// closes each connection does not cost a query each. Those who ask meanwhile share one lookup.
class resolver {
 public:
  /// `trace` is told of each answer; null: nobody is.
  resolver(asio::any_io_executor executor, std::string host, lookup_terms terms = {},
           std::shared_ptr<tracer> trace = nullptr);
  ~resolver();
  resolver(const resolver&) = delete;

  struct answer {
    error_code error;  ///< host_not_found, resolver_failed, no_such_interface, operation_aborted, or none
    std::vector<asio::ip::address> addresses;  ///< addresses in the order of RFC 6724
    std::shared_ptr<name_lookup> more{};       ///< may bring others; null when it will not
  };
  /// Known addresses are the answer; else an address literal, with a zone or not, is its own. Emitting
  /// `abort` ends it with operation_aborted.
  awaitable<answer> resolve(asio::cancellation_slot abort);
  /// The family that is asked for.
  address_family family() const noexcept { return terms_.family; }

 private:
  asio::any_io_executor executor_;
  std::string host_;
  lookup_terms terms_;
  std::shared_ptr<tracer> trace_;
  std::shared_ptr<name_lookup> lookup_;  ///< the one that is under way, or the one that is remembered
};

}  // namespace sluice::io
