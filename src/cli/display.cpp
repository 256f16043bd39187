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
  if (!r.error.empty()) text += "  (" + r.error + ")";  // what it quotes was made printable
  return text;
}

}  // namespace

display::display(const boost::asio::any_io_executor& executor, const send_plan& plan)
    : timer_{executor}, style_{plan.progress}, verbose_{plan.verbose}, json_{plan.log_json} {
  if (plan.quiet || plan.config.dry_run) style_ = style::none;
  if (style_ == style::automatic) style_ = console_.is_terminal() ? style::bar : style::line;
  if (style_ == style::bar && !console_.is_terminal()) style_ = style::line;  // nothing to redraw on
  interval_ = style_ == style::bar ? 100ms : plan.stats;
}

void display::start(std::function<progress()> look) {
  look_ = std::move(look);
  past_.push_back(look_());
  if (style_ != style::none) tick();
}

void display::tick() {
  timer_.expires_after(interval_);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    const auto p = look_();
    const auto now = recent(p);
    const auto window = verbose_ ? window_text(p, last_change_) : std::string{};
    if (style_ == style::bar)
      console_.status(progress_bar(p, now, console_.columns() - std::min(console_.columns(), window.size())) +
                      window);
    else
      console_.line(progress_line(p, now) + window);
    tick();
  });
}

pace display::recent(const progress& p) {
  past_.push_back(p);
  while (past_.size() > 2 && p.elapsed - past_[1].elapsed > 3s) past_.pop_front();
  const auto& old = past_.front();
  const auto seconds = std::chrono::duration<double>(p.elapsed - old.elapsed).count();
  if (seconds <= 0) return {};
  return {static_cast<double>(p.accepted - old.accepted) / seconds,
          static_cast<double>(p.bytes - old.bytes) / seconds};
}

/// The bar stays on the screen, with the figures of the whole run.
void display::stop(const run_summary& s) {
  timer_.cancel();
  if (style_ == style::bar && s.attempts > 0) {
    progress p;
    p.accepted = s.accepted, p.rejected = s.rejected, p.deferred = s.deferred, p.changed = s.changed;
    p.vanished = s.vanished;
    p.total =
        std::max(s.seen - s.skipped, past_.back().total.value_or(0));  // a run that was stopped saw fewer
    const pace whole_run{s.files_per_second, s.seconds > 0 ? static_cast<double>(s.bytes) / s.seconds : 0};
    console_.status(progress_bar(p, whole_run, console_.columns()));
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
