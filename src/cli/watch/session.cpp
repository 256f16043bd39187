#include "session.hpp"

#include "cli/host.hpp"
#include "cli/send/send.hpp"
#include "cli/terminal/progress_text.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <csignal>

namespace sluice::cli {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// The title says what is drained where; a query of the URL may hold a secret.
std::string title_of(const watch_plan& plan) {
  std::string title;
  for (const auto& root : plan.base.source.roots()) title += (title.empty() ? "" : ", ") + root.string();
  if (const auto& part = plan.base.source.select.shard) title += " (shard " + to_string(*part) + ")";
  title += " → " + std::string{host_of(plan.base.config.url)};
  const auto way = proxy_text(proxy_in_use(plan.base.config));
  return way.empty() ? title : title + " " + way;
}

}  // namespace

session::session(asio::io_context& ioc, watch_plan plan)
    : ioc_{ioc},
      run_{ioc.get_executor(), std::move(plan)},
      manager_{ioc.get_executor()},
      shown_{title_of(run_.plan)},
      sampler_{ioc.get_executor(), run_, shown_},
      reloader_{ioc, run_, manager_},
      control_{ioc.get_executor(), run_, reloader_.renewer(), sampler_},
      stop_{ioc, {SIGINT, SIGTERM}, [this](const std::string& text) { run_.show.say(text); }},
      status_{ioc.get_executor(), shown_, [this] { return run_.up->progress(); }},
      begin_at_{ioc} {}

/// The uploader goes first: its observers tell the others.
session::~session() { run_.up.reset(); }

int session::run() {
  const auto& plan = run_.plan.base;
  for (const auto& w : plan.warnings) run_.note("warning: " + w);
  if (const auto way = proxy_text(proxy_in_use(plan.config)); plan.verbose && !way.empty()) run_.note(way);
  if (const int code = control_.open_socket(); code != 0) return code;
  if (!open_traces()) return static_cast<int>(exit_code::usage);
  stop_.on_signal([this] { stopping(); });
  reloader_.hear_hangups();
  reloader_.renewer().read_token([this] { begin(); },
                                 [this](const std::string& problem) {
                                   run_.say(problem + "; nothing was sent");
                                   end_early(exit_code::usage);
                                 });
  ioc_.run();
  if (result_.code != 0) return result_.code;
  return tell_end(plan, result_.summary, result_.error, stop_.signal(), run_.show,
                  !traces_.window || traces_.window->good());
}

bool session::open_traces() {
  auto& plan = run_.plan.base;
  auto& network =
      traces_.network.emplace(plan.trace, [this](const std::string& line) { run_.show.say(line); });
  auto problem = network.find_problem();
  if (problem.empty() && !plan.window_trace.empty() && !traces_.window.emplace(plan.window_trace).good())
    problem = cannot_write_trace(plan, *traces_.window);
  if (problem.empty()) return true;
  run_.show.say(problem);
  return false;
}

void session::begin() {
  observe(run_.in_force());
  run_.up.emplace(ioc_.get_executor(), run_.in_force());
  reloader_.renewer().serve(&*run_.up);
  if (!open_status()) return;
  run_.up->async_drain(
      run_.plan.base.source,
      asio::bind_cancellation_slot(
          stop_.slot(), [this](boost::system::error_code ec, run_summary s) { ended(ec, std::move(s)); }));
  run_.show.start([this] { return run_.up->progress(); });
  begin_at_.expires_after(50ms);  // a run that cannot begin (a lock, a log, a source) has ended by then
  begin_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) began();
  });
}

void session::observe(config& c) {
  traces_.network->observe(c);
  c.on_record = [this](const file_record& r) {
    run_.show.file(r);
    shown_.record(r);
  };
  c.on_attempt = [this](const attempt_record& a) {
    shown_.attempt(a);
    reloader_.renewer().answered(a);
  };
  c.on_window = [this](const window_change& change) {
    run_.show.window(change);
    shown_.change(change);
    if (traces_.window && !traces_.window->write(change))
      run_.show.say(cannot_write_trace(run_.plan.base, *traces_.window));
  };
  c.on_notice = [this](const notice& n) { run_.show.say("sluice: " + n.text + remedy_for(n.text)); };
}

bool session::open_status() {
  if (!run_.plan.status) return true;
  const auto& [ip, port] = *run_.plan.status;
  const auto ec = status_.listen(ip, port);
  const auto where = (ip.find(':') == std::string::npos ? ip : "[" + ip + "]") + ":";
  if (!ec) {
    run_.note("status on http://" + where + std::to_string(status_.port()) + "/");
    return true;
  }
  run_.say("--status: cannot listen on " + where + std::to_string(port) + ": " + ec.message() +
           "; nothing was sent");
  end_early(exit_code::usage);
  return false;
}

void session::began() {
  sampler_.keep_looking();
  control_.serve_requests();
  await_log();
}

/// Following begins when the job log is read.
void session::await_log() {
  const auto part = run_.up->progress().reading_log;
  if (!part) return manager_.ready([this] { return control_.status_text(); });
  manager_.starting(*part, [this] { return control_.status_text(); });
  begin_at_.expires_after(50ms);
  begin_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) await_log();
  });
}

void session::ended(boost::system::error_code ec, run_summary s) {
  result_.summary = std::move(s), result_.error = ec;
  sampler_.tell_rescans();
  run_.show.stop(result_.summary);
  manager_.stopping();
  ioc_.stop();
}

void session::stopping() {
  if (!run_.up) return end_early(exit_code::signalled, stop_.signal());  // the first token is still awaited
  reloader_.renewer().stop();
  manager_.stopping();
}

void session::end_early(exit_code code, int signal) {
  result_.code = static_cast<int>(code) + signal;
  ioc_.stop();
}

}  // namespace sluice::cli
