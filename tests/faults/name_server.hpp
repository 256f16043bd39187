// A DNS server that does to each question what the test says, over UDP and TCP.
#pragma once

#include "faults/peers.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace support {

/// The server's way with one question.
enum class dns_answer {
  address,       ///< `dns_step::bytes`
  no_data,       ///< the name has no address of that family
  failure,       ///< SERVFAIL
  no_such_name,  ///< NXDOMAIN
  refused,       ///< REFUSED
  silence,       ///< no reply is sent
  truncated,     ///< UDP has no room for the address, and TCP has
  torn,          ///< a reply that ends within its address
  garbage,       ///< no reply that could be read
  wrong_id,      ///< the address, in a reply to another question
};

struct dns_question {
  std::string name;  ///< the name in lower case, without the last dot
  bool six = false;  ///< AAAA is asked for, not A
};

struct dns_step {
  dns_answer what = dns_answer::silence;
  std::string bytes{};  ///< the address: 4 bytes or 16
  std::chrono::milliseconds after{0};
};

/// Listens on port 53 of an address of its own.
class dns_server {
 public:
  using script = std::function<dns_step(const dns_question&)>;
  explicit dns_server(script says);
  /// Every question has the same answer.
  explicit dns_server(dns_answer what);
  ~dns_server();

  unsigned queries() const noexcept { return queries_; }
  /// The names that were asked for, over UDP.
  std::set<std::string> names() const;
  /// The text of a resolv.conf that names it.
  std::string text() const { return "nameserver " + address_ + "\n"; }

 private:
  void serve(const std::stop_token& stop);
  void serve_tcp(const std::stop_token& stop);

  std::string address_;
  script says_;
  std::unique_ptr<bound_socket> udp_, tcp_;
  std::atomic<unsigned> queries_ = 0;
  mutable std::mutex mutex_;
  std::set<std::string> names_;
  std::jthread udp_thread_, tcp_thread_;
};

/// The bytes of 127.0.0.1 and, for AAAA, of ::ffff:127.0.0.1, which leads to the same place.
std::string loopback_bytes(bool six);

}  // namespace support
