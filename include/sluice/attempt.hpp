// One request on its way, phase by phase: what an observer of attempts is told.
//
//     cfg.on_attempt = [](const sluice::attempt_record& a) {
//       const std::chrono::duration<double> seconds = a.total;
//       std::cout << to_string(a.verdict) << " after " << seconds.count() << " s\n";
//     };
#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice {

/// The meaning of an attempt; see docs/delete-rule.md.
enum class verdict {
  accepted,   ///< confirmed
  rejected,   ///< the server said no, for good
  transient,  ///< try again; the server cannot hold a whole request, or said so
  unknown,    ///< try again; the whole request may have left, and no complete reply was judged
};

/// The lower-case word used in reports.
constexpr std::string_view to_string(verdict v) noexcept {
  constexpr std::string_view names[] = {"accepted", "rejected", "transient", "unknown"};
  return names[static_cast<std::size_t>(v)];
}

/// An attempt that came to use the network, once it has ended. Phases follow each other; one that did not
/// happen is zero: a reused connection neither connects nor shakes hands.
struct attempt_record {
  /// The clock of all times here.
  using clock = std::chrono::steady_clock;

  std::uint64_t seq =
      0;  ///< number of its file, as file_record::seq has it; of a single upload, its place among them
  unsigned attempt = 1;     ///< 1 for the first of its file
  std::uint64_t size = 0;   ///< bytes of the file or body
  std::uint64_t bytes = 0;  ///< bytes of the request, as the kernel took them: encrypted where they are
  bool reused = false;      ///< the connection had served before

  clock::time_point begun;
  clock::duration connect{0};    ///< DNS and TCP
  clock::duration handshake{0};  ///< TLS
  clock::duration send{0};       ///< time to the last byte the kernel took
  clock::duration wait{0};       ///< time from that byte to the first of the reply: the server's
  clock::duration receive{0};    ///< time to the last byte of the reply
  clock::duration total{0};

  int status = 0;  ///< status of a complete reply; 0: none came
  sluice::verdict verdict = sluice::verdict::unknown;
  boost::system::error_code error;  ///< why it was not accepted
  std::size_t in_flight = 0;        ///< uploads in flight as it ended, itself included
};

}  // namespace sluice
