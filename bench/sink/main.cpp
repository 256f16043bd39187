// sluice-sink: the endpoint that demo, tests and benchmarks send to.
#include "sink/ca_file.hpp"
#include "sink/options.hpp"
#include "sink/server.hpp"
#include "sink/tls_context.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <exception>
#include <iostream>
#include <optional>

namespace {

std::string url_of(const sink::options& o, std::uint16_t port) {
  const auto address = sink::asio::ip::make_address(o.host);
  auto host = address.is_unspecified() ? (address.is_v6() ? "::1" : "127.0.0.1") : address.to_string();
  if (address.is_v6()) host = '[' + host + ']';
  return (o.http ? "http://" : "https://") + host + ':' + std::to_string(port) + "/upload";
}

/// A shell leaves a signal ignored after `trap '' INT`, or for a program that it starts with `&`.
bool is_ignored(int signal) {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

void serve(const sink::options& o) {
  sink::service service{o};
  sink::ssl_ctx_ptr tls;
  std::optional<sink::ca_file> ca;
  if (!o.http) {
    std::string ca_pem;
    tls = sink::make_tls_context(o, ca_pem);
    if (!ca_pem.empty()) ca.emplace(o.tls_dir, ca_pem);
    service.tls = tls.get();
  }

  sink::asio::io_context loop{1};
  sink::server server{loop, service};
  sink::asio::signal_set signals{loop};
  for (const int n : {SIGINT, SIGTERM})
    if (!is_ignored(n)) signals.add(n);
  signals.async_wait([&](const sink::error_code&, int) { server.stop(); });
  server.start();

  std::cout << "port " << server.port() << "\nurl " << url_of(o, server.port()) << '\n';
  if (!o.http) std::cout << "ca " << (ca ? ca->path() : o.cert_file) << '\n';
  std::cout << "ready" << std::endl;

  loop.run();
  service.log.flush();
  std::cout << sink::to_json(service.count) << std::flush;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (const auto o = sink::parse_options(argc, argv)) serve(*o);
    return 0;
  } catch (const sink::usage_error& e) {
    std::cerr << "sluice-sink: " << e.what() << '\n';
    return 2;
  } catch (const sink::script_error& e) {
    std::cerr << "sluice-sink: the script: " << e.what() << '\n';
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "sluice-sink: " << e.what() << '\n';
    return 1;
  }
}
