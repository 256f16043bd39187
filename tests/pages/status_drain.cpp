// Drains a directory again and again with a status server on the same loop, for the cost of being scraped
// (scrape_cost.mjs). Deletes nothing.
// usage: status_drain URL CA_FILE DIRECTORY     Prints the server's port, then every half second how many
// files were accepted since the start, the seconds, and those of CPU time. Ends when it is told to (SIGTERM).
#include "cli/monitor/process_figures.hpp"
#include "cli/monitor/status_server.hpp"

#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <iostream>

int main(int argc, char** argv) {
  namespace cli = sluice::cli;
  using clock = std::chrono::steady_clock;
  if (argc != 4) return std::cerr << "usage: status_drain URL CA_FILE DIRECTORY\n", 2;
  boost::asio::io_context loop{1};
  cli::telemetry shown;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  cfg.window = sluice::window::fixed(16);
  std::uint64_t accepted = 0;
  cfg.on_record = [&](const sluice::file_record& r) {
    shown.record(r);
    accepted += r.fate == sluice::fate::accepted ? 1 : 0;
  };
  cfg.on_attempt = [&](const sluice::attempt_record& a) { shown.attempt(a); };
  sluice::uploader up{loop.get_executor(), cfg};
  cli::status_server status{loop.get_executor(), shown, [&] { return up.progress(); }};
  if (const auto ec = status.listen("127.0.0.1", 0)) return std::cerr << ec.message() << '\n', 1;
  std::cout << status.port() << std::endl;

  const std::function<void()> drain = [&] {
    up.async_drain(sluice::source::directory(argv[3]),
                   [&](boost::system::error_code ec, const sluice::run_summary&) {
                     if (ec) return std::cerr << ec.message() << '\n', loop.stop();
                     drain();
                   });
  };
  const auto begin = clock::now();
  boost::asio::steady_timer tick{loop, begin};
  const std::function<void()> report = [&] {
    std::cout << accepted << ' ' << std::chrono::duration<double>(clock::now() - begin).count() << ' '
              << cli::process_figures::now().cpu_seconds << std::endl;
    tick.expires_at(tick.expiry() + std::chrono::milliseconds{500});
    tick.async_wait([&](boost::system::error_code) { report(); });
  };
  drain();
  report();
  loop.run();
  return 1;
}
