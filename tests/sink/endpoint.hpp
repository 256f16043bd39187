// A sink on a loop of its own, and a blocking client that says exactly what it is told to.
#pragma once

#include "sink/options.hpp"
#include "sink/scratch.hpp"
#include "sink/server.hpp"
#include "sink/service.hpp"
#include "sink/tls_context.hpp"

#include <openssl/ssl.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sink {

/// Serves from construction until stop(). `change` sets options; http unless it says otherwise.
class endpoint {
 public:
  explicit endpoint(const std::string& rules = "", void (*change)(options&) = [](options&) {});
  ~endpoint() { stop(); }

  std::uint16_t port() const { return server_->port(); }
  bool secure() const { return tls_ != nullptr; }
  /// Ends the server and gives what it has recorded.
  std::vector<nlohmann::json> stop();
  const counts& count() const { return service_->count; }

 private:
  scratch dir_;
  options options_;
  std::string ca_;
  ssl_ctx_ptr tls_;
  std::unique_ptr<service> service_;
  asio::io_context loop_{1};
  std::unique_ptr<server> server_;
  std::thread thread_;
};

/// One connection. Each wait is bounded: a test fails, it does not hang.
class client {
 public:
  explicit client(const endpoint& e);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// False: the server would not have it.
  bool handshake();
  bool send(std::string_view bytes);
  /// All bytes until one reply, framed by Content-Length, is whole; or until the end.
  std::string reply();
  /// All bytes until the server ends, at most `limit`.
  std::string rest(std::size_t limit = 100'000'000);
  /// Returns the bytes that come within that time; the connection may go on.
  std::string within(milliseconds time);

  enum class ending { none, fin, reset };
  /// How the server has ended, TLS aside.
  ending ended() const { return ended_; }
  bool got_close_notify() const;
  void send_close_notify() { SSL_shutdown(ssl_.get()); }
  void shut_down_sending();

 private:
  std::string receive();
  void set_timeout(milliseconds time);

  struct tls_free {
    void operator()(SSL* s) const noexcept { SSL_free(s); }
  };
  int fd_ = -1;
  ssl_ctx_ptr context_;
  std::unique_ptr<SSL, tls_free> ssl_;
  std::string early_;  // came after a reply
  ending ended_ = ending::none;
};

/// A whole request with one field and one file.
std::string upload(const std::string& name, const std::string& content, const std::string& headers = "",
                   const std::string& target = "/upload");
/// The same without its last `cut` bytes.
std::string cut_upload(const std::string& name, const std::string& content, std::size_t cut);
/// How many bytes of upload()'s body come before the content.
std::size_t bytes_before_content(const std::string& name);

}  // namespace sink
