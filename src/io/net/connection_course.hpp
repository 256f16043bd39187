// The course of one connection after the other, as a tracer is told of it.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/net/exchange.hpp"
#include "io/net/reply_reader.hpp"
#include "io/net/tls_session.hpp"
#include "io/net/tracer.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sluice::io {

/// A line that there is no memory for is lost, and nothing else is.
class connection_course final : public head_listener {
 public:
  explicit connection_course(std::shared_ptr<tracer> to) : to_{std::move(to)} {}
  ~connection_course() override;
  connection_course(const connection_course&) = delete;

  /// An address, or several in turn, are about to be asked for the next connection.
  void begin_dial() noexcept;
  /// One address said no.
  void address_refused(const asio::ip::tcp::endpoint& at, error_code why, core::steady_time begun) noexcept;
  /// All came to nothing. An address that said no has been told.
  void dial_failed(error_code why) noexcept;
  /// `proxy`: its URL, without secrets, where the connection leads to one.
  /// `unix_socket`: its path; empty: the socket is of TCP, or a caller's.
  void connected(const asio::ip::tcp::socket& socket, const std::string& unix_socket,
                 const std::string& proxy, core::steady_time begun) noexcept;
  void begin_handshake(bool with_proxy) noexcept;
  void secured(const tls_session& session) noexcept;
  /// The way to the endpoint ended in the step that was under way, with what is known of `session`.
  void failed(error_code why, const std::string& detail, const tls_session* session) noexcept;

  /// The proxy is asked for the way to the endpoint: an HTTP head, or the words for what SOCKS asks.
  void ask_proxy(std::string_view head, std::span<const header> given) noexcept;
  void hear_proxy(std::string_view head) noexcept;

  /// The note outlives the exchange. Null: there was no memory for it, and the request is not told.
  void begin_request(const request_note* note) noexcept;
  void hear_reply(int status, std::string_view head) noexcept override;
  /// The connection carries no further request.
  void end(std::string_view why) noexcept;
  /// The same, after an exchange that came to `report`.
  void end_after(const exchange_report& report) noexcept;

 private:
  enum class step { none, dialling, shaking_hands, asking_proxy };

  trace_event make_event(trace_event::kind what) const;
  trace_event make_file_event(trace_event::kind what) const;
  std::string shown_detail(const exchange_report& report) const;
  void tell_failure(trace_event e, error_code why, const std::string& detail);

  std::shared_ptr<tracer> to_;
  std::uint64_t number_ = 0;
  core::steady_time since_{};  ///< when the step began
  step step_ = step::none;
  bool with_proxy_ = false;
  bool open_ = false;
  bool refused_ = false;  ///< an address of this dial said no
  const request_note* note_ = nullptr;
  std::vector<std::string> proxy_secrets_;
};

}  // namespace sluice::io
