// The receiving side of a session: takes request after request in, up to where the script wants a pause.
#pragma once

#include "sink/conduct.hpp"
#include "sink/input_buffer.hpp"
#include "sink/intake.hpp"
#include "sink/request_parser.hpp"
#include "sink/service.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sink {

class receiver {
 public:
  /// How receiving came to an end, or to a pause.
  enum class received { whole, early, cut, lost, malformed };

  /// `conn` is the connection's number. The others must outlive the receiver.
  receiver(service& s, std::uint64_t conn, channel& from, conduct& c);

  /// Have bytes come that are not yet read?
  bool has_input() const noexcept { return !buffer_.empty(); }
  /// Reads the next request's head: whole, lost or malformed. A request exists as soon as its head is whole
  /// or malformed.
  task<received> read_head();
  /// Receives the body, or the rest of it.
  task<received> read_body();

  /// Is now the time for the early reply?
  bool early_now() const { return conduct_.early_at(taken(), body_.file_begun()); }
  /// Does the client want the connection kept?
  bool keep_alive() const { return parser_->keep_alive(); }
  /// The facts that are known of the request so far; views of what the receiver holds.
  request_facts facts() const;
  const request_head& head() const noexcept { return head_; }
  intake& body() noexcept { return body_; }
  /// The reason why the body is malformed.
  const char* malformation() const;
  /// Requests of this connection, the present one included.
  std::uint64_t served() const noexcept { return served_; }

 private:
  void begin_request();
  void parse(error_code& ec);
  bool take_piece();
  /// Body bytes of this request that the intake has taken.
  std::uint64_t taken() const { return parser_->body_bytes() - piece_.size(); }

  service& service_;
  const std::uint64_t conn_;
  conduct& conduct_;
  input_buffer buffer_;
  std::optional<request_parser> parser_;
  std::string_view piece_;  // bytes of the body that are parsed and not yet taken; they lie in the buffer
  request_head head_;
  intake body_;
  std::uint64_t request_ = 0;  // number of the request among those of all connections
  std::uint64_t served_ = 0;
};

}  // namespace sink
