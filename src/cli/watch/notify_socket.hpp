// The protocol of sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET names.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// The loop never waits here. A message that a busy manager has no room for goes out a little later, with the
/// newest value of its variable.
class notify_socket {
 public:
  /// `name` is a path, or `@` and an abstract name. No other name gets a message.
  notify_socket(const boost::asio::any_io_executor& executor, std::string_view name);
  notify_socket(const notify_socket&) = delete;

  /// True when the name can be that of a socket.
  explicit operator bool() const noexcept { return address_.has_value(); }
  /// `text` has lines of NAME=VALUE; the first NAME is the variable.
  void tell(std::string text);

 private:
  struct address {
    sockaddr_un name{};
    socklen_t size = 0;
  };
  static std::optional<address> address_of(std::string_view name) noexcept;
  /// The result is false when there is no room now.
  bool say(const std::string& text) const noexcept;
  void say_all();

  std::optional<address> address_;
  std::vector<std::string> unsaid_;
  boost::asio::steady_timer again_;
};

}  // namespace sluice::cli
