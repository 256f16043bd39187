// One kept-alive connection: one exchange at a time, then reuse or retire.
#pragma once

#include "core/pacing/idle_limit.hpp"
#include "core/pacing/rate_limit.hpp"
#include "io/body.hpp"
#include "io/net/connection_course.hpp"
#include "io/net/exchange.hpp"
#include "io/net/reply_reader.hpp"
#include "io/net/sending_places.hpp"
#include "io/net/stream.hpp"
#include "io/world/network.hpp"

#include <sluice/config.hpp>

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

/// The connections of one uploader share this.
struct pool_context {
  endpoint& to;
  timeout_options timeout;
  reply_limits reply{};
  core::idle_limit idle{timeout.idle};
  core::rate_limit bytes_per_second{0};
  sending_places places{};
  std::size_t batch = batch_size;                             ///< plain bytes in one batch, at most
  std::vector<char> scratch = std::vector<char>(batch_size);  ///< plain bytes on their way into records
  std::vector<char> inbox = std::vector<char>(16 * 1024);     ///< plain bytes of replies
  // A connection fills and uses both between two suspensions, so one of each serves all connections.
};

class connection final : public exchanger {
 public:
  connection(asio::any_io_executor executor, pool_context& pool);

  /// Connects if need be, sends, reads the reply. Never throws; deadlines and abort() end it with an error in
  /// the outcome.
  awaitable<exchange_report> exchange(const request& r, body& b) override;
  /// Ends what is under way with `why` and retires the connection.
  void abort(error_code why) noexcept override;

 private:
  /// How sending came to its end.
  enum class sending {
    whole,         ///< the kernel has all of the request
    write_failed,  ///< the connection is broken; a reply may be there all the same
    reply_began,   ///< the final reply's head came first
    ended,         ///< the attempt can bring no more
  };
  /// The part of a request that is still to be sent.
  struct unsent {
    enum class step { none, push, wait_for_file, ended };
    std::string_view head, tail;
    std::uint64_t size;        ///< bytes of the body
    std::uint64_t offset = 0;  ///< bytes of the body that the stream has
    step then = step::none;    ///< the last batch needs this first
    stream::flushed flushed = stream::flushed::all;
    std::uint64_t left() const noexcept { return head.size() + (size - offset) + tail.size(); }
  };
  /// The wait for a reply.
  struct reply_wait {
    bool unsent;  ///< a part of the request was not sent
    core::milliseconds patience;
    core::steady_time end;
    unsigned interims;   ///< interim replies (1xx) so far: each makes the wait begin anew
    error_code error{};  ///< why no more of the reply comes
  };
  void send_batch(unsent& u, body& b, exchange_report& report);
  awaitable<sending> send(unsent& u, body& b, exchange_report& report);
  awaitable<sending> push(stream::flushed sent, exchange_report& report);
  sending listen(exchange_report& report);
  reply_wait begin_to_wait(const exchange_report& report) const;
  bool waits_on(reply_wait& w);
  void hear(reply_wait& w, const stream::chunk& c, exchange_report& report);
  void end_wait(const reply_wait& w, exchange_report& report);
  awaitable<void> wait_in_line(sending_places::waiter& w);
  awaitable<void> wait_for_turn(std::size_t bytes);
  bool may_go_on(const core::attempt_outcome& outcome);
  bool gets_another_try(exchange_report& report, const body& b, core::steady_time begun);
  const char* find_reason_to_end(core::steady_time now);
  bool is_reusable(core::steady_time now);

  pool_context& pool_;
  std::unique_ptr<connection_course> course_;  ///< null: nobody is told what happens
  stream stream_;
  reply_reader reply_;  ///< reads the reply of the exchange under way
  asio::steady_timer pace_;
  core::steady_time last_used_{};
  error_code stopped_;  ///< why the exchange under way is to end
  bool idle_ = false;   ///< the last exchange came to its end; an exception leaves half a request on the wire
};

}  // namespace sluice::io
