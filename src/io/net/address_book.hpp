// The addresses of an endpoint, as its connections have found them.
#pragma once

#include "core/time.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <map>
#include <vector>

namespace sluice::io {

/// Address families in turn, beginning with that of the first address.
std::vector<boost::asio::ip::tcp::endpoint> interleave(
    const std::vector<boost::asio::ip::tcp::endpoint>& addresses);

/// The connections of an uploader share it. An address that failed is asked last for a while.
class address_book {
 public:
  using address = boost::asio::ip::tcp::endpoint;
  static constexpr std::chrono::seconds remembered{60};

  /// No connection to it came about: TCP or TLS failed, or took too long.
  void failed(const address& a, core::steady_time now) { bad_until_[a] = now + remembered; }
  void worked(const address& a) { bad_until_.erase(a); }

  void opened(const address& a) { ++open_[a]; }
  void closed(const address& a);

  /// The order in which they are to be tried: families in turn, or, to `spread` connections, those with the
  /// fewest open ones first. The bad ones come last.
  std::vector<address> ranked(const std::vector<address>& addresses, bool spread, core::steady_time now);

 private:
  std::map<address, core::steady_time> bad_until_;
  std::map<address, std::size_t> open_;
};

}  // namespace sluice::io
