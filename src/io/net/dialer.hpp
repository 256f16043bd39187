// Makes the connections of one stream: by the caller's own connector, to a Unix socket, to given addresses,
// or by DNS; to the proxy where there is one.
#pragma once

#include "io/asio.hpp"
#include "io/net/connect.hpp"
#include "io/net/connection_course.hpp"
#include "io/net/endpoint.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <optional>
#include <vector>

namespace sluice::io {

class dialer {
 public:
  /// `course` is told of each address that says no; null: nobody is.
  dialer(asio::any_io_executor executor, endpoint& to, connection_course* course = nullptr);
  ~dialer() { let_go(); }
  dialer(const dialer&) = delete;

  /// An attempt to connect begins, and ends at `end`: each address is tried once more.
  void begin(core::steady_time end);
  /// The addresses in turn, 250 ms apart; the first to answer wins (RFC 8305). Called again, it passes over
  /// those that came to nothing; not_found when none is left.
  awaitable<connected> dial();
  /// The address of the last dial() must have its session by then: while others are left, it has half of the
  /// time that there was.
  core::steady_time turn_ends() const noexcept { return turn_ends_; }
  /// The end of the attempt.
  core::steady_time ends() const noexcept { return end_; }
  /// TLS came to nothing there, or the time is over.
  void failed();
  /// TLS came about, or none was asked for.
  void worked();
  /// The connection is closed.
  void let_go() noexcept;
  /// Ends a dial() that is under way with operation_aborted.
  void stop() noexcept;

 private:
  awaitable<connected> dial_addresses(std::vector<asio::ip::tcp::endpoint> addresses,
                                      std::shared_ptr<name_lookup> more);
  bool is_tried(const asio::ip::tcp::endpoint& a) const;
  void settle_at(const asio::ip::tcp::endpoint& a);

  asio::any_io_executor executor_;
  endpoint& to_;
  connection_course* const course_;
  asio::cancellation_signal signal_;
  bool stopped_ = false;
  core::steady_time end_{}, turn_ends_{};
  std::vector<asio::ip::tcp::endpoint> tried_;  ///< addresses that came to nothing in this attempt
  std::vector<asio::ip::tcp::endpoint>
      silent_;                                 ///< addresses that had not answered when the last dial() ended
  std::optional<asio::ip::tcp::endpoint> at_;  ///< the address at which our connection is counted
};

}  // namespace sluice::io
