// The way to the endpoint, step by step: what an observer of the network is told.
//
//     cfg.on_trace = [](const sluice::trace_event& e) { std::clog << to_text(e) << '\n'; };
#pragma once

#include <sluice/detail/export.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// One step. Members that its kind does not name are empty. No member has a secret that sluice knows to be
/// one: docs/trace.md says what is masked. Texts that a peer chose are as it sent them; to_text() and
/// to_json() make them safe to show.
struct trace_event {
  /// The steps. A connection that was made has one `closed`, unless its loop, or its uploader while the loop
  /// did not run, was destroyed before.
  enum class kind {
    lookup,      ///< DNS or the hosts file answered: `name`, `source`, `addresses`
    connection,  ///< a connection was made, or an address came to nothing: `address`, `local`, `proxy`
    handshake,   ///< TLS came about, or failed: `version` … `resumed`
    request,     ///< the head of a request is about to leave: `head`
    reply,       ///< the head of a reply came, an interim one (1xx) too: `status`, `head`
    retry,       ///< the file will be tried again: `wait`
    closed,      ///< the connection has ended: `detail` says why
  };

  kind what = kind::lookup;
  std::chrono::system_clock::time_point time{};
  std::uint64_t connection = 0;  ///< number of the connection in its uploader, from 1; 0: it is of none
  bool of_proxy = false;         ///< the proxy is the peer, and not the endpoint
  /// Time since the step began: the question, the first packet, the first byte of the request.
  std::chrono::steady_clock::duration took{0};
  boost::system::error_code error{};  ///< why it failed
  std::string detail{};               ///< more than the code says

  std::string name{};
  std::string source{};                  ///< `hosts`, `DNS A` or `DNS AAAA`
  std::vector<std::string> addresses{};  ///< the addresses, without ports

  std::string address{},
      local{};          ///< `192.0.2.1:443`, `[2001:db8::1]:443`, `unix:/run/s`; none of a caller's
  std::string proxy{};  ///< the URL of the proxy at `address`, without user and password

  std::string version{};  ///< `TLSv1.3`
  std::string cipher{}, alpn{};
  std::string subject{}, issuer{};  ///< names in the peer's certificate, as RFC 2253 writes them
  std::optional<std::chrono::system_clock::time_point> expires{};  ///< end of the peer's certificate
  bool resumed = false;                                            ///< an earlier session goes on

  std::uint64_t seq = 0;  ///< number of the file, as attempt_record::seq
  std::string path{};     ///< path of the file below its source, raw bytes; empty: no file's
  unsigned attempt = 0;   ///< 1 for the first of its file
  std::string head{};     ///< lines that end in \n, masked; of SOCKS, words that say what was asked
  int status = 0;
  std::chrono::milliseconds wait{0};  ///< time to the next attempt
};

/// The word of a kind in both forms of a line.
constexpr std::string_view to_string(trace_event::kind k) noexcept {
  constexpr std::string_view words[] = {"lookup", "connect", "handshake", "request",
                                        "reply",  "retry",   "close"};
  return words[static_cast<std::size_t>(k)];
}

/// One line for people, without a line end: control characters and what is not UTF-8 are escaped, and a head
/// has at most 4 KiB.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe.
SLUICE_API std::string to_text(const trace_event& e);

/// One JSON object without a line end, with the same limits. docs/trace.md lists its members.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe.
SLUICE_API std::string to_json(const trace_event& e);

}  // namespace sluice
