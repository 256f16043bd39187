#include "send.hpp"

#include "cli/exit_code.hpp"
#include "cli/secrets/renewer.hpp"
#include "cli/stopper.hpp"
#include "cli/terminal/display.hpp"
#include "cli/terminal/network_trace.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress_text.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;

bool write_summary(const std::string& where, run_summary s, int code, display& d) {
  s.exit_code = code;
  const auto problem = write_output(where, to_json(s) + "\n");
  if (!problem.empty()) d.say("sluice: --summary: cannot write '" + printable(where) + "': " + problem);
  return problem.empty();
}

}  // namespace

std::string cannot_write_trace(const send_plan& plan, const window_trace& trace) {
  return "sluice: --trace-window: cannot write '" + printable(plan.window_trace) + "': " + trace.problem();
}

int tell_end(const send_plan& plan, const run_summary& summary, boost::system::error_code ec, int signal,
             display& show, bool traced) {
  int code = exit_code_of(summary, signal);
  // A disk that is full at the start will not stay so: a service manager may try again.
  if (ec == boost::system::errc::no_space_on_device) code = static_cast<int>(exit_code::some_failed);
  const bool bad = code != static_cast<int>(exit_code::done);
  const bool never_began =
      summary.counts.total() == 0 && summary.reason != stop_reason::complete && !summary.detail.empty();
  if (never_began)
    show.say("sluice: " + summary.detail + remedy_for(summary.detail));
  else if (!plan.quiet || bad)
    show.say(summary_text(summary));
  if (!bad && !traced) code = static_cast<int>(exit_code::some_failed);
  const bool told = plan.summary.empty() || write_summary(plan.summary, summary, code, show);
  return bad || told ? code : static_cast<int>(exit_code::some_failed);
}

namespace {

/// One drain, from the first token to the exit code.
class sender {
 public:
  explicit sender(send_plan plan)
      : plan_{std::move(plan)},
        show_{ioc_.get_executor(), plan_},
        network_{plan_.trace, [this](const std::string& line) { show_.say(line); }},
        secrets_{ioc_.get_executor(),
                 plan_.secrets,
                 plan_.config,
                 {.say = [this](const std::string& text) { say(text); },
                  .note =
                      [this](const std::string& text) {
                        if (!plan_.quiet) say(text);
                      }}},
        stop_{ioc_, {SIGINT, SIGTERM, SIGHUP}, [this](const std::string& text) { show_.say(text); }} {}
  sender(const sender&) = delete;
  /// The uploader goes first: its observers tell the others.
  ~sender() { up_.reset(); }

  int run() {
    for (const auto& w : plan_.warnings)
      if (!plan_.quiet) say("warning: " + w);
    const auto way = proxy_text(proxy_in_use(plan_.config));
    if (plan_.verbose && !way.empty()) say(way);
    if (const auto problem = network_.find_problem(); !problem.empty()) {
      show_.say(problem);
      return static_cast<int>(exit_code::usage);
    }
    if (!plan_.window_trace.empty() && !trace_.emplace(plan_.window_trace).good()) {
      show_.say(cannot_write_trace(plan_, *trace_));
      return static_cast<int>(exit_code::usage);
    }
    stop_.on_signal([this] {
      if (!up_) end_early(static_cast<int>(exit_code::signalled) + stop_.signal());
    });
    secrets_.read_token([this] { begin(); },
                        [this](const std::string& problem) {
                          say(problem + "; nothing was sent");
                          end_early(static_cast<int>(exit_code::usage));
                        });
    ioc_.run();
    return result_.early != 0 ? result_.early : tell();
  }

 private:
  void say(const std::string& text) { show_.say("sluice: " + text); }

  void observe(config& c) {
    network_.observe(c);
    c.count_ahead = show_.chosen() == display::style::bar;
    c.on_record = [this](const file_record& r) {
      if (plan_.config.dry_run && !result_.unheard && r.error == errc::dry_run) name(r);
      show_.file(r);
    };
    if (secrets_.is_of_use()) c.on_attempt = [this](const attempt_record& a) { secrets_.answered(a); };
    c.on_window = [this](const window_change& change) {
      show_.window(change);
      if (trace_ && !trace_->write(change)) show_.say(cannot_write_trace(plan_, *trace_));
    };
    c.on_notice = [this](const notice& n) { say(n.text); };
  }

  /// The names of a dry run are its output.
  void name(const file_record& r) {
    std::cout << printable(r.path) << '\n';
    if ((result_.unheard = !std::cout)) asio::post(ioc_, [this] { up_->cancel(); });
  }

  void begin() {
    observe(plan_.config);
    up_.emplace(ioc_.get_executor(), plan_.config);
    secrets_.serve(&*up_);
    up_->async_drain(plan_.source, asio::bind_cancellation_slot(
                                       stop_.slot(), [this](boost::system::error_code ec, run_summary s) {
                                         result_.summary = std::move(s), result_.error = ec;
                                         show_.stop(result_.summary);
                                         stop_.dismiss();
                                         ioc_.stop();
                                       }));
    show_.start([this] { return up_->progress(); });
  }

  void end_early(int code) {
    result_.early = code;
    ioc_.stop();
  }

  int tell() {
    if (plan_.config.dry_run && !(std::cout << std::flush) && stop_.signal() == 0) {
      say("--dry-run: standard output takes no more names");
      return static_cast<int>(exit_code::some_failed);
    }
    return tell_end(plan_, result_.summary, result_.error, stop_.signal(), show_, !trace_ || trace_->good());
  }

  struct result {
    run_summary summary;
    boost::system::error_code error;
    int early = 0;         ///< the exit code of an end before the beginning
    bool unheard = false;  ///< the names of a dry run have no reader
  };

  send_plan plan_;
  asio::io_context ioc_{1};
  display show_;
  network_trace network_;
  renewer secrets_;
  stopper stop_;
  std::optional<window_trace> trace_;
  std::optional<uploader> up_;
  result result_;
};

}  // namespace

int send(send_plan plan) {
  sender s{std::move(plan)};
  return s.run();
}

}  // namespace sluice::cli
