#include "send.hpp"

#include "display.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "stopper.hpp"
#include "window_trace.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <iostream>
#include <optional>
#include <string_view>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;

bool write_summary(const std::string& where, const run_summary& s, display& d) {
  const bool written = write_output(where, to_json(s) + "\n");
  if (!written) d.say("sluice: --summary: cannot write '" + printable(where) + "'");
  return written;
}

}  // namespace

int tell_end(const send_plan& plan, const run_summary& summary, int signal, display& show) {
  const int code = exit_code_of(summary, signal);
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
  stopper stop{ioc, {SIGINT, SIGTERM, SIGHUP}, [&](const std::string& text) { show.say(text); }};
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

  if (plan.config.dry_run) std::cout << std::flush;
  return tell_end(plan, summary, stop.signal(), show);
}

}  // namespace sluice::cli
