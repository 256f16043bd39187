// Questions to the name servers of resolv.conf: c-ares on the loop, without a helper thread.
#pragma once

#include "io/asio.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;

namespace sluice::io {

struct dns_answer {
  error_code error;                            ///< host_not_found, resolver_failed, or none
  std::vector<asio::ip::address> addresses{};  ///< sorted as RFC 6724 says
};

/// The addresses that /etc/hosts has for `host`, and those of `localhost`, of AF_INET, AF_INET6, or AF_UNSPEC
/// for both. c-ares reads the file at once.
std::vector<asio::ip::address> addresses_of_files(const std::string& host, int family);

/// A channel of c-ares, fed by the loop. Its own waits keep it alive while a question is open, so that a loop
/// that is destroyed takes the channel with it.
class dns_channel : public std::enable_shared_from_this<dns_channel> {
 public:
  using answered = std::function<void(const dns_answer&)>;

  explicit dns_channel(asio::any_io_executor executor) : executor_{executor}, timer_{executor} {}
  ~dns_channel() { close(); }
  dns_channel(const dns_channel&) = delete;

  /// False when c-ares cannot begin.
  bool open();
  /// Asks for the addresses of one family that `name`, an absolute name, has. `done` is called from the loop,
  /// and not after close().
  void ask(const std::string& name, int family, answered done);
  /// Ends what is pending. It must not be called from within c-ares; nothing here does that.
  void close();

 private:
  struct question;
  struct socket;

  void interest(int fd, bool read, bool write);
  void wait(const std::shared_ptr<socket>& s, int fd);
  std::function<void(error_code)> ready(const std::shared_ptr<socket>& s, int fd, bool for_read);
  void arm_timer();

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::shared_ptr<socket>> sockets_;
};

}  // namespace sluice::io
