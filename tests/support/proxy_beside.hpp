// A forward proxy on a thread of its own, for the program in another process.
#pragma once

#include "support/forward_proxy.hpp"

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace support {

/// `proxy` may be looked at before the program begins, and after stop().
class proxy_beside {
 public:
  explicit proxy_beside(forward_proxy::speaks what = forward_proxy::speaks::http) : proxy{loop_, what} {}
  ~proxy_beside() { stop(); }
  proxy_beside(const proxy_beside&) = delete;

  void start() {
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  asio::io_context loop_{1};
  std::thread thread_;

 public:
  forward_proxy proxy;
};

/// Tests that run once more through a proxy: the variable that tells a program of it. Empty unless
/// TESTS_THROUGH is `connect` or `socks5`.
inline std::vector<std::string> proxy_of_tests() {
  const char* const through = std::getenv("TESTS_THROUGH");
  if (through == nullptr) return {};
  const bool socks = std::string{through} == "socks5";
  static proxy_beside by{socks ? forward_proxy::speaks::socks5 : forward_proxy::speaks::http};
  static const bool started = (by.start(), true);
  if (!started) return {};
  return {socks ? "ALL_PROXY=socks5h://" + by.proxy.where() : "HTTPS_PROXY=http://" + by.proxy.where()};
}

}  // namespace support
