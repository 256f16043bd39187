// One reply from a stream of bytes: Beast's parser behind the caps it does not have.
#pragma once

#include "core/verdict.hpp"
#include "io/asio.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace sluice::io {

/// Caps of one reply: everything up to its last byte, interim replies and trailers included. The header limit
/// of Beast in Boost 1.81 does not cover chunk trailers; the cap on all bytes does.
struct reply_limits {
  std::size_t total = 64 * 1024;
  std::uint32_t head = 16 * 1024;
  std::ptrdiff_t fields = 100;  ///< of one message, trailers included
  int interim = 8;
};

/// Feed it what the connection gives until done(). Interim replies (1xx, RFC 9110 §15.2) are read over; 101
/// is malformed, nobody asked for it.
class reply_reader {
 public:
  explicit reply_reader(reply_limits limits = {});
  ~reply_reader();
  reply_reader(reply_reader&&) noexcept;

  /// `request_unsent`: bytes of our request were still unsent when these were read. Errors: reply_malformed,
  /// reply_too_large.
  error_code feed(std::span<const char> bytes, bool request_unsent);
  /// The connection ended. connection_lost unless that completes a reply (which is then not framed).
  error_code feed_eof();

  bool started() const noexcept;     ///< a byte of a reply came
  bool final_head() const noexcept;  ///< the status of the final reply is known
  bool done() const noexcept;
  bool early() const noexcept;       ///< see attempt_outcome::early
  bool keep_alive() const noexcept;  ///< done, and the connection may carry another request
  core::reply take();                ///< once done

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sluice::io
