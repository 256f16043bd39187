#include "display.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;

std::string clock_text(std::chrono::system_clock::time_point t) {
  const auto seconds = std::chrono::system_clock::to_time_t(t);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count() % 1000;
  std::tm local{};
  std::array<char, 40> out{};
  ::localtime_r(&seconds, &local);
  const auto n = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S", &local);
  std::snprintf(out.data() + n, out.size() - n, ".%03d", static_cast<int>(ms));
  return out.data();
}

std::string record_text(const file_record& r) {
  std::string text = clock_text(r.time) + " " + std::string{to_string(r.fate)} + " " +
                     (r.status != 0 ? std::to_string(r.status) : std::string{"-"}) + " " + printable(r.path);
  if (!r.response.empty()) text += "  " + printable(r.response.substr(0, 200));
  if (!r.reason.empty()) text += "  (" + r.reason + ")";  // the text that it quotes was made printable
  return text;
}

}  // namespace

display::display(const boost::asio::any_io_executor& executor, const send_plan& plan)
    : timer_{executor},
      style_{plan.progress},
      endless_{plan.endless},
      verbose_{plan.verbose},
      json_{plan.log_json} {
  if (plan.quiet || plan.config.dry_run) style_ = style::none;
  if (style_ == style::automatic) style_ = console_.is_terminal() ? style::bar : style::line;
  if (style_ == style::bar && !console_.is_terminal())
    style_ = style::line;  // there is no terminal to redraw on
  interval_ = style_ == style::bar ? 100ms : plan.stats;
}

void display::start(std::function<progress()> look) {
  look_ = std::move(look);
  meter_.add(look_());
  if (style_ != style::none) tick();
}

void display::tick() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec || !look_) return;  // a timer that has just expired cannot be cancelled any more
    const auto p = look_();
    const auto text = text_of(p, meter_.add(p));
    if (style_ == style::bar)
      console_.status(text);
    else
      console_.line(text);
    tick();
  });
}

std::string display::text_of(const progress& p, const pace& now) const {
  if (const auto log = log_text(p))
    return "sluice: " + human_time(static_cast<double>(p.elapsed.count()) / 1000) + "  " + *log;
  const bool bar = style_ == style::bar;
  const auto window = verbose_ ? window_text(p, last_change_) : std::string{};
  const auto columns = console_.columns();
  if (endless_) {
    const auto at = std::chrono::system_clock::now();
    return bar ? followed_bar(p, now, at, columns) : progress_line(p, now) + followed_text(p, at);
  }
  return bar ? progress_bar(p, now, columns, window) : progress_line(p, now) + window;
}

/// The bar stays on the screen, with the figures of the whole run.
void display::stop(const run_summary& s) {
  timer_.cancel(), look_ = nullptr;
  if (style_ == style::bar && !endless_ && s.attempts > 0) {
    progress p;
    p.counts = s.counts;
    p.total = std::max(s.counts.total() - s.counts[fate::skipped],
                       meter_.last().total.value_or(0));  // a run that was stopped saw fewer
    const pace whole_run{s.files_per_second, s.seconds > 0 ? static_cast<double>(s.bytes) / s.seconds : 0};
    console_.status(progress_bar(p, whole_run, console_.columns(), {}));
  }
  console_.keep_status();
}

void display::file(const file_record& r) {
  if (json_)
    console_.line(to_json(r));
  else if (verbose_)
    console_.line(record_text(r));
}

}  // namespace sluice::cli
