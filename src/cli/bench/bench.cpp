#include "bench.hpp"

#include "cli/exit_code.hpp"
#include "cli/secrets/renewer.hpp"
#include "cli/signals.hpp"
#include "cli/terminal/console.hpp"
#include "cli/terminal/network_trace.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress_text.hpp"
#include "json.hpp"
#include "page.hpp"
#include "table.hpp"

#include <sluice/sluice.hpp>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::uint64_t most_files = 100'000;  ///< names of --from that are kept in memory

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm utc{};
  std::array<char, 32> out{};
  ::gmtime_r(&now, &utc);
  std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return out.data();
}

/// The files that `send --dry-run` would list.
struct listing {
  std::vector<std::string> names;
  std::string trouble;
};
listing list_files(asio::io_context& ioc, const bench_plan& plan) {
  listing found;
  auto cfg = plan.config;
  cfg.dry_run = true;
  cfg.on_record = [&](const file_record& r) {
    if (r.error == errc::dry_run) found.names.push_back(r.path);
  };
  auto from = source::directory(plan.from);
  from.select.max_files = most_files;
  uploader up{ioc.get_executor(), cfg};
  up.async_drain(from, [&](boost::system::error_code ec, const run_summary& s) {
    if (ec) found.trouble = s.detail.empty() ? ec.message() : s.detail;
  });
  ioc.run();
  ioc.restart();
  return found;
}

/// One run: a sweep over windows, until it is through, hopeless, or told to stop.
class sweep {
 public:
  sweep(asio::io_context& ioc, const bench_plan& plan, renewer& secrets, load& from, console& c)
      : ioc_{ioc}, plan_{plan}, secrets_{secrets}, load_{from}, console_{c}, signals_{ioc}, tick_{ioc} {
    add_unless_ignored(signals_, {SIGINT, SIGTERM, SIGHUP});
  }

  bench_result run(std::size_t files) {
    result_.began = utc_now();
    result_.files = files;
    show(heading(plan_, files));
    signals_.async_wait([this](boost::system::error_code ec, int number) {
      if (ec) return;
      ending_.signal = number;
      if (now_) now_->stop();
    });
    tick();
    asio::co_spawn(ioc_, steps(), [this](std::exception_ptr e) {
      failure_ = e;
      ioc_.stop();  // a token that has still time to come is not waited for
    });
    ioc_.run();
    if (failure_) std::rethrow_exception(failure_);
    if (result_.steps.size() > 1) show(sweep_text(result_.steps));
    if (!result_.stopped.empty()) console_.line("sluice: " + result_.stopped);
    return std::move(result_);
  }

  int code() const noexcept {
    const auto number = [](exit_code c) { return static_cast<int>(c); };
    if (ending_.signal != 0) return number(exit_code::signalled) + ending_.signal;
    if (ending_.wall == wall::refused) return number(exit_code::refused);
    if (ending_.wall == wall::unreachable) return number(exit_code::unreachable);
    return number(ending_.all_accepted && !ending_.unheard ? exit_code::done : exit_code::some_failed);
  }

 private:
  asio::awaitable<void> steps() {
    bool proven = false;
    for (const auto& step : plan_.steps) {
      auto cfg = plan_.config;
      cfg.window = step.window;
      name_ = step.name;
      now_ = std::make_shared<generator>(ioc_.get_executor(), std::move(cfg), plan_.load, load_, proven);
      const auto g = now_;
      secrets_.serve(&g->sender());
      if (ending_.signal == 0) co_await g->run();
      secrets_.serve(nullptr);
      now_ = nullptr;
      proven = proven || g->accepted_any();
      const auto& r = result_.steps.emplace_back(g->report(step.name));
      ending_.all_accepted = ending_.all_accepted && r.accepted == r.requests && r.requests > 0;
      console_.status("");
      show(step_text(r, plan_.load.rate));
      result_.stopped = ending_.signal != 0 ? "stopped by a signal" : g->gave_up();
      ending_.wall = g->what_stands();
      if (!result_.stopped.empty()) break;
    }
  }

  /// The table's place is standard output, unless that is to be JSON.
  void show(const std::string& text) {
    if (plan_.quiet) return;
    if (plan_.json != "-") {
      if (!std::exchange(ending_.unheard, ending_.unheard || !write_to_standard_output(text)) &&
          ending_.unheard)
        console_.line("sluice: standard output takes no table");
      return;
    }
    console_.line(std::string_view{text}.substr(0, text.size() - 1));
  }

  void tick() {
    if (plan_.quiet || !console_.is_terminal()) return;
    tick_.expires_after(250ms);
    tick_.async_wait([this](boost::system::error_code ec) {
      if (ec) return;
      if (now_) {
        const auto seen = now_->look();
        console_.status("window " + name_ + ": " + human_time(seen.seconds) + "  " + grouped(seen.accepted) +
                        " accepted  " + grouped(seen.failed) + " failed  " + std::to_string(seen.in_flight) +
                        " in flight");
      }
      tick();
    });
  }

  struct ending {
    int signal = 0;
    cli::wall wall = wall::none;
    bool all_accepted = true;
    bool unheard = false;  ///< the table could not be written
  };

  asio::io_context& ioc_;
  const bench_plan& plan_;
  renewer& secrets_;
  load& load_;
  console& console_;
  asio::signal_set signals_;
  asio::steady_timer tick_;
  std::shared_ptr<generator> now_;
  std::string name_;
  bench_result result_;
  ending ending_;
  std::exception_ptr failure_;
};

/// Reads the first token, where a command prints it. The exit code of an end before the beginning, or 0.
int read_first_token(asio::io_context& ioc, renewer& secrets, console& terminal) {
  int code = 0;
  asio::signal_set signals{ioc};
  add_unless_ignored(signals, {SIGINT, SIGTERM, SIGHUP});
  const auto end = [&](int with) {
    code = with;
    ioc.stop();
  };
  signals.async_wait([&](boost::system::error_code ec, int number) {
    if (!ec) end(static_cast<int>(exit_code::signalled) + number);
  });
  secrets.read_token([&] { end(0); },
                     [&](const std::string& problem) {
                       terminal.line("sluice: " + problem + "; nothing was sent");
                       end(static_cast<int>(exit_code::usage));
                     });
  ioc.run();
  ioc.restart();
  return code;
}

}  // namespace

int bench(bench_plan plan) {
  asio::io_context ioc{1};
  std::optional<load> bodies;
  std::size_t files = 0;
  console terminal;
  for (const auto& w : plan.warnings)
    if (!plan.quiet) terminal.line("sluice: warning: " + w);
  network_trace network{plan.trace, [&](const std::string& line) { terminal.line(line); }};
  if (const auto problem = network.find_problem(); !problem.empty()) {
    terminal.line(problem);
    return static_cast<int>(exit_code::usage);
  }
  if (plan.from.empty()) {
    bodies.emplace(plan.sizes);
  } else {
    auto found = list_files(ioc, plan);
    if (found.names.empty()) {
      terminal.line("sluice: " + (found.trouble.empty()
                                      ? "--from: no file in '" + printable(plan.from.string()) + "'"
                                      : found.trouble));
      return static_cast<int>(found.trouble.empty() ? exit_code::usage : exit_code::source);
    }
    files = found.names.size();
    const bool file = !std::filesystem::is_directory(plan.from);
    bodies.emplace(file ? plan.from.parent_path() : plan.from, std::move(found.names));
  }
  const auto say = [&](const std::string& text) { terminal.line("sluice: " + text); };
  renewer secrets{
      ioc.get_executor(), plan.secrets, plan.config, {.say = say, .note = [&](const std::string& text) {
                                                        if (!plan.quiet) say(text);
                                                      }}};
  if (const int code = read_first_token(ioc, secrets, terminal); code != 0) return code;
  if (secrets.is_of_use()) plan.config.on_attempt = [&](const attempt_record& a) { secrets.answered(a); };
  network.observe(plan.config);
  sweep s{ioc, plan, secrets, *bodies, terminal};
  const auto result = s.run(files);
  bool written = true;
  const auto write = [&](const char* option, const std::string& where, const std::string& text) {
    const auto problem = where.empty() ? std::string{} : write_output(where, text);
    if (problem.empty()) return;
    terminal.line(std::string{"sluice: "} + option + ": cannot write '" + printable(where) + "': " + problem);
    written = false;
  };
  write("--json", plan.json, plan.json.empty() ? "" : to_json(plan, result));
  write("--html", plan.html, plan.html.empty() ? "" : page(plan, result));
  const int code = s.code();
  return code == 0 && !written ? static_cast<int>(exit_code::some_failed) : code;
}

}  // namespace sluice::cli
