// One exchange: what is sent, and what came of it.
#pragma once

#include "core/http/verdict.hpp"
#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/request_note.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace sluice::io {

/// A request but for the file's bytes: `head` is the HTTP head and the form up to them, `tail` what follows
/// them.
struct request {
  std::string head;
  std::string tail;
  std::unique_ptr<const request_note> note{};  ///< null unless somebody traces
};

/// When an exchange came how far; the clock's epoch: it did not.
struct exchange_times {
  core::steady_time begun{}, connected{}, secured{}, sent{}, heard{}, ended{};

  /// Zero when one of the two did not happen, or in another order (a reply that came early).
  static core::steady_time::duration between(core::steady_time from, core::steady_time to) noexcept {
    constexpr core::steady_time never{};
    return from == never || to == never || to < from ? core::steady_time::duration{0} : to - from;
  }
};

/// The report of one exchange.
struct exchange_report {
  core::attempt_outcome outcome;
  error_code file_error;  ///< the file could not be read to its size; the request was cut off
  std::uint64_t file_bytes =
      0;  ///< bytes of the file, handed to the kernel whole (counted when the request is)
  std::uint64_t kernel_bytes = 0;  ///< bytes on the wire, encrypted where they are
  exchange_times times;
  /// Requests that left whole on a kept connection, which then ended without an answer. Each was sent again
  /// on a fresh one, and the server may have it.
  unsigned lost = 0;
  bool connected = false;        ///< a new connection was opened
  bool reused = false;           ///< the connection had served before
  bool waited_for_file = false;  ///< the first bytes of the file were not in memory yet
  bool session_as_configured = false;
  std::string detail;  ///< more than the code says, for people; often empty

  /// Bytes of a reply came.
  void heard() noexcept {
    if (times.heard == core::steady_time{}) times.heard = std::chrono::steady_clock::now();
  }
};

}  // namespace sluice::io
