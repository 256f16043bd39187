// A loop with work of its own, and a large file beside it: how late does a timer of one millisecond get?
// usage: example_shared_loop URL CA_FILE FILE
#include <sluice/sluice.hpp>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <ctime>
#include <iostream>
#include <vector>

namespace asio = boost::asio;
using std::chrono::steady_clock;

// [readme]
/// What this thread has worked: time that other processes had the core is not held by anybody here.
std::chrono::nanoseconds worked() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

struct heartbeat {
  asio::steady_timer timer;
  std::vector<double> late_ms{};
  bool over = false;  // a timer that has just expired cannot be cancelled any more

  void beat() {
    const auto due = steady_clock::now() + std::chrono::milliseconds{1};
    timer.expires_at(due);
    timer.async_wait([this, due, before = worked()](boost::system::error_code ec) {
      if (ec || over) return;
      const std::chrono::duration<double, std::milli> late =
          std::min<std::chrono::nanoseconds>(steady_clock::now() - due, worked() - before);
      late_ms.push_back(late.count());
      beat();
    });
  }
};
// [readme]

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "usage: example_shared_loop URL CA_FILE FILE\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};
  heartbeat heart{asio::steady_timer{ioc}};
  heart.beat();
  bool accepted = false;
  up.async_upload(argv[3], [&](boost::system::error_code ec, const sluice::upload_result& r) {
    accepted = !ec && r.fate == sluice::fate::accepted;
    heart.over = true, heart.timer.cancel();
  });
  ioc.run();
  auto& all = heart.late_ms;
  if (!accepted || all.empty()) return std::cerr << "not accepted\n", 1;
  std::ranges::sort(all);
  const auto at = [&](double q) { return all[static_cast<std::size_t>(q * double(all.size() - 1))]; };
  std::cout << all.size() << " beats, late by ms: p50 " << at(0.5) << " p99 " << at(0.99) << " max "
            << all.back() << '\n';
}
