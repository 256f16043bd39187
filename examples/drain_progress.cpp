// Drains a directory and tells how far it is. usage: example_drain_progress URL CA_FILE DIRECTORY
#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>

namespace asio = boost::asio;

/// A line a tenth of a second, until it is `over`: a timer that has just expired cannot be cancelled any
/// more.
void tell(asio::steady_timer& timer, const sluice::uploader& up, const bool& over) {
  timer.expires_after(std::chrono::milliseconds{100});
  timer.async_wait([&](boost::system::error_code ec) {
    if (ec || over) return;
    const auto p = up.progress();  // cheap: no allocation
    std::cout << p.counts[sluice::fate::accepted] << " accepted, " << p.in_flight << " of " << p.window
              << " in flight\n";
    tell(timer, up, over);
  });
}

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: example_drain_progress URL CA_FILE DIRECTORY\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  asio::io_context ioc{1};
  bool complete = false, over = false;
  // [readme]
  cfg.on_success = sluice::disposal::remove();  // default: keep
  cfg.window = sluice::window::automatic();     // or fixed(32)
  sluice::uploader up{ioc.get_executor(), cfg};

  const auto tell_failure =
      [](const sluice::file_record& r) {  // called as each file is done, after its disposal
        if (r.fate != sluice::fate::accepted)
          std::cout << sluice::printable(r.path) << ": " << r.reason << '\n';
      };
  asio::steady_timer timer{ioc};
  tell(timer, up, over);
  up.async_drain(sluice::source::directory(argv[3]), sluice::drain_options{}.on_record(tell_failure),
                 [&](boost::system::error_code ec, const sluice::run_summary& s) {
                   over = true, timer.cancel();
                   complete = !ec && s.counts[sluice::fate::accepted] == s.counts.total();
                   std::cout << s.counts[sluice::fate::accepted] << " of " << s.counts.total()
                             << " accepted, " << s.deleted << " deleted\n";
                 });
  ioc.run();
  // [readme]
  return complete ? 0 : 1;
}
