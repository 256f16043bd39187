#include "send.hpp"

#include "display.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "window_trace.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <optional>
#include <string_view>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;

/// SIGINT, SIGTERM and SIGHUP: the first lets what is in flight end, the second ends it.
class stopper {
 public:
  stopper(asio::io_context& ioc, display& d) : signals_{ioc, SIGINT, SIGTERM, SIGHUP}, display_{d} { wait(); }

  asio::cancellation_slot slot() { return stop_.slot(); }
  int signal() const noexcept { return signal_; }
  void dismiss() { signals_.cancel(); }

 private:
  void wait() {
    signals_.async_wait([this](boost::system::error_code ec, int number) {
      if (ec) return;
      const bool again = signal_ != 0;
      signal_ = number;
      display_.say(again ? "sluice: stopping at once"
                         : "sluice: finishing what is in flight; once more stops at once");
      stop_.emit(again ? asio::cancellation_type::terminal : asio::cancellation_type::partial);
      wait();
    });
  }

  asio::signal_set signals_;
  asio::cancellation_signal stop_;
  display& display_;
  int signal_ = 0;
};

bool write_summary(const std::string& where, const run_summary& s, display& d) {
  const bool written = write_output(where, to_json(s) + "\n");
  if (!written) d.say("sluice: --summary: cannot write '" + printable(where) + "'");
  return written;
}

}  // namespace

int send(send_plan plan) {
  asio::io_context ioc{1};
  display show{ioc.get_executor(), plan};
  for (const auto& w : plan.warnings)
    if (!plan.quiet) show.say("sluice: warning: " + w);

  plan.config.count_ahead = show.chosen() == display::style::bar;
  plan.config.on_record = [&](const file_record& r) {
    if (plan.config.dry_run && r.error == make_error_code(errc::dry_run).message())
      std::cout << printable(r.path) << '\n';
    show.file(r);
  };
  std::optional<window_trace> trace;
  if (!plan.window_trace.empty() && !trace.emplace(plan.window_trace).good()) {
    show.say("sluice: --trace-window: cannot write '" + printable(plan.window_trace) + "'");
    return static_cast<int>(exit_code::usage);
  }
  plan.config.on_window = [&](const window_change& c) {
    show.window(c);
    if (trace) trace->write(c);
  };
  uploader up{ioc.get_executor(), plan.config};
  stopper stop{ioc, show};
  run_summary summary;
  up.async_drain(plan.source,
                 asio::bind_cancellation_slot(stop.slot(), [&](boost::system::error_code, run_summary s) {
                   summary = std::move(s);
                   show.stop(summary);
                   stop.dismiss();
                   ioc.stop();
                 }));
  show.start([&] { return up.progress(); });
  ioc.run();

  const int code = exit_code_of(summary, stop.signal());
  if (plan.config.dry_run) std::cout << std::flush;
  const bool bad = code != static_cast<int>(exit_code::done);
  const bool never_began =
      summary.seen == 0 && summary.reason != stop_reason::complete && !summary.detail.empty();
  if (never_began)
    show.say("sluice: " + summary.detail);
  else if (!plan.quiet || bad)
    show.say(summary_text(summary));
  if (!plan.summary.empty() && !write_summary(plan.summary, summary, show) && !bad)
    return static_cast<int>(exit_code::some_failed);
  return code;
}

}  // namespace sluice::cli
