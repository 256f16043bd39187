// One reply from a stream of bytes: Beast's parser behind the caps it does not have.
#pragma once

#include "core/http/verdict.hpp"
#include "io/asio.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

/// Caps of one reply. A body may be of any length: what is over `body` is read over.
struct reply_limits {
  std::size_t body = 64 * 1024;     ///< bytes that are kept of the body
  std::size_t head = 64 * 1024;     ///< bytes of a head; of a trailer, and of what describes a chunk
  std::size_t interim = 64 * 1024;  ///< bytes of all interim replies together
  std::size_t fields = 500;         ///< fields of one message, trailers included
  /// Names of fields that are kept for rules; null: none.
  std::shared_ptr<const std::vector<std::string>> kept{};
};

/// Hears the head of each reply, interim ones too, as soon as it is whole.
class head_listener {
 public:
  virtual ~head_listener() = default;
  /// `head`: the lines of status and fields, each with its end.
  virtual void hear_reply(int status, std::string_view head) noexcept = 0;
};

/// Feed it what the connection gives until done(). Interim replies (1xx, RFC 9110 §15.2) are read over; 101
/// is malformed, nobody asked for it.
class reply_reader {
 public:
  /// The listener may be null, and outlives the reader.
  explicit reply_reader(reply_limits limits = {}, head_listener* listener = nullptr);
  ~reply_reader();
  reply_reader(reply_reader&&) noexcept;
  /// Forgets everything, for the next reply. What memory it has, it keeps.
  void start(head_listener* listener);

  /// `request_unsent`: bytes of our request were still unsent when these were read. Errors: reply_malformed,
  /// reply_too_large.
  error_code feed(std::span<const char> bytes, bool request_unsent);
  /// The connection ended. connection_lost unless that completes a reply. `told`: TLS said that it is the end
  /// (close_notify); otherwise such a reply is not framed, because it may have been cut.
  error_code feed_eof(bool told);

  bool started() const noexcept;     ///< a byte of a reply came
  bool final_head() const noexcept;  ///< the status of the final reply is known
  bool done() const noexcept;
  bool early() const noexcept;         ///< see attempt_outcome::early
  bool keep_alive() const noexcept;    ///< done, and the connection may carry another request
  unsigned interims() const noexcept;  ///< interim replies that were read over
  /// Returns, after reply_malformed, the rule that is broken, and the first bytes of the reply.
  std::string complaint() const;
  core::reply take();  ///< once done

 private:
  struct heard;
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace sluice::io
