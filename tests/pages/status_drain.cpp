// Drains a directory with a status server on the same loop, for the cost of being scraped (scrape_cost.mjs).
// usage: status_drain URL CA_FILE DIRECTORY     Prints the server's port, then `files seconds cpu_seconds`.
#include "cli/status/process_figures.hpp"
#include "cli/status/status_server.hpp"

#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <iostream>

int main(int argc, char** argv) {
  namespace cli = sluice::cli;
  if (argc != 4) return std::cerr << "usage: status_drain URL CA_FILE DIRECTORY\n", 2;
  boost::asio::io_context loop{1};
  cli::telemetry shown;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  cfg.window = sluice::window::fixed(16);
  cfg.on_record = [&](const sluice::file_record& r) { shown.record(r); };
  cfg.on_attempt = [&](const sluice::attempt_record& a) { shown.attempt(a); };
  sluice::uploader up{loop.get_executor(), cfg};
  cli::status_server status{loop.get_executor(), shown, [&] { return up.progress(); }};
  if (const auto ec = status.listen("127.0.0.1", 0)) return std::cerr << ec.message() << '\n', 1;
  std::cout << status.port() << std::endl;

  const double before = cli::process_figures::now().cpu_seconds;
  up.async_drain(sluice::source::directory(argv[3]),
                 [&](boost::system::error_code ec, const sluice::run_summary& s) {
                   if (ec) std::cerr << ec.message() << '\n';
                   std::cout << s.accepted << ' ' << s.seconds << ' '
                             << cli::process_figures::now().cpu_seconds - before << std::endl;
                   status.stop();
                 });
  loop.run();
}
