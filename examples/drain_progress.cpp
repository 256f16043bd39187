// Drains a directory and tells how far it is. usage: example_drain_progress URL CA_FILE DIRECTORY
#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>

namespace asio = boost::asio;

/// A line a tenth of a second, until it is cancelled.
void tell(asio::steady_timer& timer, const sluice::uploader& up) {
  timer.expires_after(std::chrono::milliseconds{100});
  timer.async_wait([&](boost::system::error_code ec) {
    if (ec) return;
    const auto p = up.progress();  // cheap: no allocation
    std::cout << p.accepted << " accepted, " << p.in_flight << " of " << p.window << " in flight\n";
    tell(timer, up);
  });
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: example_drain_progress URL CA_FILE DIRECTORY\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  asio::io_context ioc{1};
  bool complete = false;
  // [readme]
  cfg.on_success = sluice::disposal::remove();  // default: keep
  cfg.window = sluice::window::automatic();     // or fixed(32)
  sluice::uploader up{ioc.get_executor(), cfg};

  sluice::drain_options options;
  options.on_record = [](const sluice::file_record& r) {  // as each file is done, after its disposal
    if (r.fate != sluice::fate::accepted) std::cout << sluice::printable(r.path) << ": " << r.error << '\n';
  };
  asio::steady_timer timer{ioc};
  tell(timer, up);
  up.async_drain(sluice::source::directory(argv[3]), options,
                 [&](boost::system::error_code ec, const sluice::run_summary& s) {
                   timer.cancel();
                   complete = !ec && s.accepted == s.seen;
                   std::cout << s.accepted << " of " << s.seen << " accepted, " << s.deleted << " deleted\n";
                 });
  ioc.run();
  // [readme]
  return complete ? 0 : 1;
}
