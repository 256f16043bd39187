// One connection: request after request, each as the script has it.
#pragma once

#include "sink/channel.hpp"
#include "sink/intake.hpp"
#include "sink/request_parser.hpp"
#include "sink/service.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sink {

class session {
 public:
  /// `id` counts connections from 1. The service must outlive it.
  session(service& s, std::uint64_t id, tcp_socket socket);

  /// Until the connection has ended.
  task<void> run();
  /// Ends run() soon; a request under way is recorded as incomplete.
  void abort() { channel_.abort(); }

 private:
  // How receiving a request's body came to an end, or to a pause.
  enum class received { whole, early, cut, lost, malformed };

  // session.cpp: taking a request in.
  task<bool> enter();
  task<bool> exchange();
  task<bool> await_request();
  task<bool> read_head();
  task<received> receive();
  task<bool> fill();
  task<void> send_continue();
  void begin_request();
  void choose();
  std::uint64_t bytes_to_next_stop() const;
  bool early_now() const;
  bool cut_now() const;
  bool take_piece();
  const char* malformation() const;
  /// Body bytes of this request that the intake has taken.
  std::uint64_t taken() const { return parser_->body_bytes() - piece_.size(); }
  std::string_view unread() const { return {buffer_.get() + begin_, end_ - begin_}; }

  // session_reply.cpp: what becomes of it.
  task<bool> answer();
  task<bool> answer_early();
  task<bool> refuse(int status, const char* reason);
  task<bool> play_reply(int status, bool close);
  task<void> flood(int status);
  task<bool> send(std::string_view bytes);
  task<void> end(ending how);
  void record(bool complete, int decided, int sent, std::string_view reply, std::string_view reason);
  bool asked_to_close() const;
  int sent_status() const;
  int decided_status() const;

  static constexpr std::size_t buffer_size = 64 * 1024;

  service& service_;
  const std::uint64_t id_;
  channel channel_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::optional<request_parser> parser_;
  std::string_view piece_;  // of the body: parsed, not yet taken; in the buffer
  request_head head_;
  intake intake_;
  std::string out_;

  std::uint64_t request_ = 0;  // its number among all connections'
  std::uint64_t served_ = 0;   // on this one
  script::choice choice_;
  const behaviour* what_;  // never null
  bool replied_early_ = false;
  // A rule's, for as long as the connection lasts.
  std::optional<idle_bytes> idle_;
  bool notify_ = true, hold_at_end_ = false;
};

}  // namespace sink
