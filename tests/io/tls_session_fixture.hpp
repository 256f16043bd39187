// A TLS session and a server without a socket: what one says is carried to the other by hand.
#pragma once

#include "io/net/tls_session.hpp"
#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstring>
#include <optional>
#include <stdexcept>

namespace sluice::io {

using boost::beast::flat_buffer;
using status = tls_session::status;

inline void put(flat_buffer& to, const std::string& bytes) {
  std::memcpy(to.prepare(bytes.size()).data(), bytes.data(), bytes.size());
  to.commit(bytes.size());
}

class server {
 public:
  explicit server(const loop::identity& who) : server{loop::serve_as(who)} {}
  /// Servers of one context take each other's tickets.
  explicit server(std::shared_ptr<boost::asio::ssl::context> context)
      : context_{std::move(context)}, ssl_{SSL_new(context_->native_handle())} {
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
  }
  ~server() { SSL_free(ssl_); }
  server(const server&) = delete;

  SSL* ssl() { return ssl_; }
  bool step() { return SSL_do_handshake(ssl_) == 1; }
  void write(const std::string& plain) { SSL_write(ssl_, plain.data(), static_cast<int>(plain.size())); }
  std::string read() {
    std::string all;
    for (char piece[4096];;) {
      const int n = SSL_read(ssl_, piece, sizeof piece);
      if (n <= 0) return all;
      all.append(piece, static_cast<std::size_t>(n));
    }
  }
  void take(flat_buffer& from) {
    BIO_write(SSL_get_rbio(ssl_), from.data().data(), static_cast<int>(from.size()));
    from.consume(from.size());
  }
  std::string give() {
    char* data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(SSL_get_wbio(ssl_), &data));
    std::string all{data, size};
    (void)BIO_reset(SSL_get_wbio(ssl_));
    return all;
  }

 private:
  std::shared_ptr<boost::asio::ssl::context> context_;
  SSL* ssl_;
};

struct client {
  client(const tls_options& options, const std::string& host, session_tickets& shared)
      : client{options, url_of(host), shared} {}
  client(const tls_options& options, const core::url& where) : client{options, where, own_tickets} {}
  client(const tls_options& options, const core::url& where, session_tickets& shared,
         const std::function<void(std::string_view)>& on_key = {})
      : tickets{shared} {
    std::vector<problem> problems;
    auto made = make_tls_client(options, problems, on_key);
    if (!made) throw std::runtime_error(to_string(problems.front()));
    session.emplace(made, where, tickets, in, out);
  }
  client(const tls_options& options, const std::string& host) : client{options, host, own_tickets} {}
  static core::url url_of(const std::string& host) {
    core::url where;
    where.host = host, where.host_is_ip = host == "127.0.0.1" || host == "127.0.0.2";
    return where;
  }

  /// `in_pieces`: the server's flight arrives byte by byte.
  status shake_hands(server& s, bool in_pieces = false) {
    for (;;) {
      const auto result = session->handshake();
      s.take(out);
      s.step();
      const auto flight = s.give();
      if (result != status::want_read) {
        put(in, flight);
        return result;
      }
      if (!in_pieces) put(in, flight);
      for (std::size_t i = 0; in_pieces && i < flight.size(); ++i) {
        put(in, flight.substr(i, 1));
        if (i + 1 < flight.size() && session->handshake() != status::want_read) return status::failed;
      }
    }
  }
  std::string read_all(status until) {
    std::string all;
    char piece[999];
    for (std::size_t n = 0;;) {
      const auto result = session->read(piece, n);
      if (result != status::ok) {
        EXPECT_EQ(result, until) << session->detail();
        return all;
      }
      all.append(piece, n);
    }
  }

  session_tickets own_tickets;
  session_tickets& tickets;
  flat_buffer in, out;
  std::optional<tls_session> session;
};

class tls_session_test : public testing::Test {
 protected:
  tls_options trusting(const loop::authority& whom) {
    tls_options o;
    o.ca_file = scratch_.write("ca.pem", whom.certificate());
    return o;
  }
  tls_options trusting() { return trusting(authority_); }

  loop::scratch scratch_;
  loop::authority authority_;
  loop::identity identity_ = authority_.issue();
};

}  // namespace sluice::io
