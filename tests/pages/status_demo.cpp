// A status server that shows a made-up flow, for the browser tests: an hour behind it, and told what happens
// by lines of standard input: flow, the word of a state, fail NAME, metrics (writes them and goes on), quit.
#include "cli/monitor/metrics.hpp"
#include "cli/monitor/status_server.hpp"

#include <sluice/error.hpp>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <chrono>
#include <cmath>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace cli = sluice::cli;

/// Files that come and go, the same each time.
class flow {
 public:
  explicit flow(cli::telemetry& shown) : shown_{shown} {
    now_.window = 24, now_.in_flight = 23;
    sluice::window_change c;
    c.from = 12, c.to = 24, c.reason = sluice::window_reason::faster;
    shown_.change(c);
  }

  void go_on(cli::instant at, double seconds) {
    const double t = t_ += seconds;
    const double rate = stopped() ? 0 : 340 + 90 * std::sin(t / 170) + 25 * std::sin(t / 23);
    const double arrivals = 340 + 160 * std::sin(t / 260 + 1);
    waiting_ = std::max(0.0, waiting_ + (arrivals - rate) * seconds);
    if (state == "idle") waiting_ = 0;
    now_.in_flight = stopped() ? 0 : 23;
    for (int i = 0; i < static_cast<int>(rate * seconds); ++i) file(at, i);
    now_.backlog = static_cast<std::uint64_t>(waiting_);
    now_.oldest.reset();
    if (*now_.backlog > 0) now_.oldest = at.wall - std::chrono::seconds{2 + *now_.backlog / 300};
    now_.pause = state == "held back" ? 12'000ms : 0ms;
    using enum sluice::endpoint_state;
    const auto is = state == "flow" ? sending : idle;
    auto& e = now_.endpoint;
    e = {is, at.wall - 41s, {}};
    for (const auto s : sluice::all_endpoint_states)
      if (to_string(s) == state) e.state = s;
    if (!is_healthy(e.state)) e.why = "the endpoint refuses us: status 401";
  }

  void fail(const std::string& name, cli::instant at, sluice::fate fate, sluice::errc why) {
    sluice::file_record r;
    r.time = at.wall, r.path = name, r.size = 1, r.fate = fate, r.error = why, r.reason = r.error.message();
    shown_.record(r);
  }
  const sluice::progress& look() const { return now_; }
  std::string state = "flow";

 private:
  bool stopped() const { return state != "flow"; }
  void file(cli::instant at, int i) {
    sluice::file_record r;
    r.time = at.wall, r.size = 32'000, r.fate = sluice::fate::accepted;
    shown_.record(r);
    now_.sent_bytes += 32'700;
    attempt(200, {}, sluice::verdict::accepted, i % 97 == 0 ? 2 : 1);
  }
  void attempt(int status, boost::system::error_code why, sluice::verdict v, unsigned nth = 1) {
    sluice::attempt_record a;
    a.attempt = nth, a.status = status, a.verdict = v, a.error = why;
    a.send = 200us, a.wait = 14ms, a.receive = 40us, a.total = 15ms;
    shown_.attempt(a);
  }

  cli::telemetry& shown_;
  sluice::progress now_;
  double waiting_ = 900;
  double t_ = 0;
};

class demo {
 public:
  int run() {
    const auto now = cli::instant::now();
    for (int s = 3600; s > 0; --s) {
      const cli::instant then{now.steady - std::chrono::seconds{s}, now.wall - std::chrono::seconds{s}};
      flow_.go_on(then, 1);
      if (s == 1900)
        flow_.fail("2026/11/26/camera-07/img_000231.jpg", then, sluice::fate::rejected,
                   sluice::errc::refused_body);
      if (s == 700)
        flow_.fail("2026/11/26/camera-03/img_004410.jpg", then, sluice::fate::deferred,
                   sluice::errc::attempt_timeout);
      if (s == 95)
        flow_.fail("2026/11/26/camera-12/img_009127.jpg", then, sluice::fate::changed,
                   sluice::errc::file_changed);
      shown_.sample(flow_.look(), then);
    }
    if (const auto ec = server_.listen("127.0.0.1", 0)) return std::cerr << ec.message() << '\n', 1;
    std::cout << "http://127.0.0.1:" << server_.port() << std::endl;
    next_order();
    loop_.run();
    return 0;
  }

 private:
  sluice::progress look() {
    flow_.go_on(cli::instant::now(), .2);
    return flow_.look();
  }
  void next_order() {
    asio::async_read_until(input_, orders_, '\n', [this](boost::system::error_code ec, std::size_t) {
      std::string line;
      std::istream in{&orders_};
      if (ec || !std::getline(in, line) || line == "quit") return server_.stop();
      obey(line);
      next_order();
    });
  }
  void obey(const std::string& line) {
    if (line == "metrics")
      std::cout << cli::metrics{}.text(shown_, cli::process_figures::now()) << std::endl;
    else if (line.starts_with("fail "))
      flow_.fail(line.substr(5), cli::instant::now(), sluice::fate::rejected, sluice::errc::refused_status);
    else
      flow_.state = line;
  }

  asio::io_context loop_{1};
  cli::telemetry shown_{"/var/spool/images → upload.example"};
  flow flow_{shown_};
  cli::status_server server_{loop_.get_executor(), shown_, [this] { return look(); }, {.beat = 200ms}};
  asio::posix::stream_descriptor input_{loop_, STDIN_FILENO};
  asio::streambuf orders_;
};

}  // namespace

int main() { return demo{}.run(); }
