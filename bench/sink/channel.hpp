// One connection's bytes: a socket, with TLS on it or not. OpenSSL works on the socket itself, so that one
// recv brings many records.
#pragma once

#include "sink/loop.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sink {

enum class wakeup { ready, timed_out, gone };

class channel {
 public:
  /// `tls` may be null: plain bytes. It must outlive the channel.
  channel(tcp_socket socket, SSL_CTX* tls);

  /// True once TLS stands; at once without it.
  task<bool> handshake();

  /// Reads at least one byte. The result 0 means that the peer has ended, or that the channel is gone.
  task<std::size_t> read_some(char* to, std::size_t room);
  /// False: the peer would not take them all.
  task<bool> write(std::string_view bytes);
  /// Waits until bytes may have come; a `limit` of zero waits for ever.
  task<wakeup> wait_readable(milliseconds limit);
  /// False when abort() ended it early.
  task<bool> sleep(milliseconds time);
  /// Holds the connection open, reading nothing, until the peer has closed it.
  task<void> hold();

  /// FIN (after close_notify, if `notify`), then reads and drops what still comes, for at most two seconds:
  /// without that, unread bytes would turn the FIN into a reset.
  task<void> finish(bool notify);
  /// Closes with a reset.
  void reset();
  /// Ends all that waits here, now and later.
  void abort();
  /// Writes below TLS.
  task<bool> write_raw(std::string_view bytes);

  bool secure() const noexcept { return ssl_ != nullptr; }
  bool gone() const noexcept { return gone_; }
  /// The peer said close_notify (or FIN, without TLS) as it should.
  bool ended_well() const noexcept { return ended_well_; }

 private:
  struct ssl_free {
    void operator()(SSL* s) const noexcept { SSL_free(s); }
  };

  // A call that would not block ends with bytes moved, or with the event to wait for.
  enum class want { none, read, write, dead };
  struct outcome {
    std::size_t bytes;
    want next;
  };
  outcome try_read(char* to, std::size_t room);
  outcome try_write(std::string_view bytes);
  outcome judge(int result);
  task<bool> obey(want next);
  bool peer_has_closed() const;

  tcp_socket socket_;
  timer timer_;
  std::unique_ptr<SSL, ssl_free> ssl_;
  bool gone_ = false, ended_well_ = false;
};

}  // namespace sink
