#include "session.hpp"

#include "cli/exit_code.hpp"
#include "cli/host.hpp"
#include "cli/send.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <csignal>

namespace sluice::cli {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// What is drained where; a query of the URL may hold a secret.
std::string title_of(const watch_plan& plan) {
  std::string title;
  for (const auto& root : plan.base.source.roots()) title += (title.empty() ? "" : ", ") + root.string();
  return title + " → " + std::string{host_of(plan.base.config.url)};
}

}  // namespace

session::session(asio::io_context& ioc, watch_plan plan)
    : ioc_{ioc},
      plan_{std::move(plan)},
      config_{plan_.base.config},
      show_{ioc.get_executor(), plan_.base},
      manager_{ioc.get_executor()},
      control_{ioc.get_executor()},
      secrets_{ioc.get_executor(), plan_},
      stop_{ioc, {SIGINT, SIGTERM}, [this](const std::string& text) { show_.say(text); }},
      hangup_{ioc, SIGHUP},
      shown_{title_of(plan_)},
      status_{ioc.get_executor(), shown_, [this] { return up_->progress(); }},
      renew_at_{ioc},
      begin_at_{ioc},
      sample_at_{ioc} {}

int session::run() {
  for (const auto& w : plan_.base.warnings) note("warning: " + w);
  if (const int code = open_control(); code != 0) return code;
  const auto& trace = plan_.base.window_trace;
  if (!trace.empty() && !trace_.emplace(trace).good()) {
    say("--trace-window: cannot write '" + printable(trace) + "'");
    return static_cast<int>(exit_code::usage);
  }
  stop_.on_signal([this] { stopping(); });
  await_hangup();
  if (secrets_.has_command()) {
    secrets_.ask_command([this](secrets::fresh f) {
      if (f.problems.empty()) {
        config_.headers = std::move(f.headers);
        begin();
        return;
      }
      say(f.problems.front() + "; nothing was sent");
      code_ = static_cast<int>(exit_code::usage);
      ioc_.stop();
    });
  } else {
    begin();
  }
  ioc_.run();
  if (code_ != 0) return code_;
  return tell_end(plan_.base, summary_, stop_.signal(), show_);
}

int session::open_control() {
  if (plan_.control.empty()) return 0;
  const auto t = control_.open(plan_.control);
  if (t.what.empty()) return 0;
  say("--control: " + t.what);
  return static_cast<int>(t.in_use ? exit_code::locked : exit_code::usage);
}

void session::begin() {
  config_.on_record = [this](const file_record& r) {
    show_.file(r);
    shown_.record(r);
  };
  config_.on_attempt = [this](const attempt_record& a) {
    shown_.attempt(a);
    answered(a);
  };
  config_.on_window = [this](const window_change& c) {
    show_.window(c);
    shown_.change(c);
    if (trace_) trace_->write(c);
  };
  up_.emplace(ioc_.get_executor(), config_);
  if (!open_status()) return;
  up_->async_drain(plan_.base.source, asio::bind_cancellation_slot(
                                          stop_.slot(), [this](boost::system::error_code, run_summary s) {
                                            summary_ = std::move(s);
                                            tell_rescans();
                                            show_.stop(summary_);
                                            manager_.stopping();
                                            ioc_.stop();
                                          }));
  show_.start([this] { return up_->progress(); });
  begin_at_.expires_after(50ms);  // what cannot begin (a lock, a log, a source) has ended by then
  begin_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) began();
  });
}

bool session::open_status() {
  if (!plan_.status) return true;
  const auto& [ip, port] = *plan_.status;
  const auto ec = status_.listen(ip, port);
  const auto where = (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":";
  if (!ec) {
    note("status on http://" + where + std::to_string(status_.port()) + "/");
    return true;
  }
  say("--status: cannot listen on " + where + std::to_string(port) + ": " + ec.message() +
      "; nothing was sent");
  code_ = static_cast<int>(exit_code::usage);
  ioc_.stop();
  return false;
}

void session::began() {
  ready_ = true;
  sample();
  manager_.ready([this] { return status_text(); });
  if (!plan_.control.empty()) control_.serve([this](const std::string& line) { return answer(line); });
}

void session::stopping() {
  if (!up_) {  // the first token is still awaited
    code_ = static_cast<int>(exit_code::signalled) + stop_.signal();
    ioc_.stop();
    return;
  }
  stopping_ = true;
  manager_.stopping();
}

void session::sample() {
  now_ = meter_.add(up_->progress());
  tell_rescans();
  sample_at_.expires_after(1s);
  sample_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) sample();
  });
}

/// It goes on all the same, so nobody would notice but by the delay.
void session::tell_rescans() {
  if (rescans_told_ || !up_->progress().only_rescans) return;
  rescans_told_ = true;
  note(
      "warning: some directories cannot be watched (see fs.inotify.max_user_watches): new files in them are "
      "found by walks only, one each --rescan");
}

void session::note(const std::string& text) {
  if (!plan_.base.quiet) say(text);
}

}  // namespace sluice::cli
