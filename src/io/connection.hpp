// One kept-alive connection: one exchange at a time, then reuse or retire.
#pragma once

#include "core/multipart.hpp"
#include "core/rate_limit.hpp"
#include "core/verdict.hpp"
#include "io/body.hpp"
#include "io/reply_reader.hpp"
#include "io/stream.hpp"

#include <sluice/config.hpp>

#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

namespace sluice::io {

/// A request but for the file's bytes: `head` is the HTTP head and the form up to them, `tail` what follows
/// them.
struct request {
  std::string head;
  std::string tail;
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

/// What came of one exchange.
struct exchange_report {
  core::attempt_outcome outcome;
  error_code file_error;           ///< the file could not be read to its size; the request was cut off
  std::uint64_t file_bytes = 0;    ///< of the file, handed to the kernel whole (counted when the request is)
  std::uint64_t kernel_bytes = 0;  ///< bytes on the wire, encrypted where they are
  exchange_times times;
  bool connected = false;        ///< a new connection was opened
  bool reused = false;           ///< on a connection that had served before
  bool waited_for_file = false;  ///< its first bytes were not in memory yet
  bool session_as_configured = false;
  std::string detail;  ///< more than the code says, for people; often empty

  /// Bytes of a reply came.
  void heard() noexcept {
    if (times.heard == core::steady_time{}) times.heard = std::chrono::steady_clock::now();
  }
};

/// What the connections of one uploader share.
struct pool_context {
  endpoint& to;
  timeout_options timeout;
  core::rate_limit bytes_per_second{0};
  std::size_t batch = batch_size;                             ///< plain bytes in one batch, at most
  std::vector<char> scratch = std::vector<char>(batch_size);  ///< plain bytes on their way into records
  std::vector<char> inbox = std::vector<char>(16 * 1024);     ///< plain bytes of replies
  // Both are filled and used up between two suspensions, so one of each serves all connections.
};

class connection {
 public:
  connection(asio::any_io_executor executor, pool_context& pool);

  /// Connects if need be, sends, reads the reply. Never throws; deadlines and abort() end it with an error in
  /// the outcome.
  awaitable<exchange_report> exchange(const request& r, body& b);
  /// Ends what is under way with `why` and retires the connection.
  void abort(error_code why) noexcept;

 private:
  awaitable<void> attempt(const request& r, body& b, exchange_report& report);
  /// How sending came to its end.
  enum class sending {
    whole,         ///< the kernel has all of the request
    write_failed,  ///< the connection is broken; a reply may be there all the same
    reply_began,   ///< the final reply's head came first
    ended,         ///< nothing more can come of this attempt
  };
  awaitable<sending> send(const request& r, body& b, exchange_report& report, reply_reader& reply);
  awaitable<sending> push(stream::flushed sent, exchange_report& report, reply_reader& reply);
  awaitable<sending> listen(exchange_report& report, reply_reader& reply);
  awaitable<void> receive(exchange_report& report, reply_reader& reply);
  awaitable<void> pace();
  bool reusable();

  pool_context& pool_;
  stream stream_;
  asio::steady_timer pace_;
  core::steady_time last_used_{};
  bool idle_ = false;  ///< the last exchange came to its end; an exception leaves half a request on the wire
};

}  // namespace sluice::io
