// A batch on its way: plain bytes into TLS records in the buffer that one send() empties. No socket.
#include "io/net/connection.hpp"
#include "support/loop_certificate.hpp"
#include "support/loop_scratch.hpp"

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace io = sluice::io;
using status = io::tls_session::status;

/// A session after its handshake with a server in this process; what the server is sent it never reads.
class connected {
 public:
  connected() : server_{SSL_new(context_->native_handle()), SSL_free} {
    SSL_set_bio(server_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(server_.get());
    sluice::core::url where;
    where.host = "localhost";
    sluice::tls_options options;
    options.ca_file = scratch_.write("ca.pem", authority_.certificate());
    std::vector<sluice::problem> problems;
    auto client = io::make_tls_client(options, problems);
    if (!client) throw std::runtime_error(to_string(problems.front()));
    session.emplace(client, where, tickets_, in_, out);
    for (auto step = session->handshake(); step != status::ok; step = session->handshake()) {
      if (step == status::failed) throw std::runtime_error(session->detail());
      carry();
    }
    out.consume(out.size());
  }

  boost::beast::flat_buffer out;
  std::optional<io::tls_session> session;

 private:
  void carry() {
    BIO_write(SSL_get_rbio(server_.get()), out.data().data(), static_cast<int>(out.size()));
    out.consume(out.size());
    SSL_do_handshake(server_.get());
    char flight[8192];
    const auto n = static_cast<std::size_t>(BIO_read(SSL_get_wbio(server_.get()), flight, sizeof flight));
    std::memcpy(in_.prepare(n).data(), flight, n);
    in_.commit(n);
  }

  loop::scratch scratch_;
  loop::authority authority_;
  std::shared_ptr<boost::asio::ssl::context> context_ = loop::serve_as(authority_.issue());
  std::unique_ptr<SSL, void (*)(SSL*)> server_;
  io::session_tickets tickets_;
  boost::beast::flat_buffer in_;
};

void tls_batch(benchmark::State& state) {
  connected c;
  io::lent_buffers buffers;
  const std::string plain(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    buffers.lend(c.out);
    if (c.session->write(plain) != status::ok) state.SkipWithError("write failed");
    benchmark::DoNotOptimize(c.out.data().data());
    c.out.consume(c.out.size());
    buffers.give_back(c.out);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}
BENCHMARK(tls_batch)->Arg(1'000)->Arg(2'500)->Arg(16'384)->Arg(32'768)->Arg(io::batch_size);

}  // namespace
