#include "generator.hpp"

#include <sluice/error.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <limits>
#include <utility>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;

double cpu_seconds() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

/// From the kernel's scheduler; 0 where it does not tell.
double waited_seconds() {
  std::ifstream in{"/proc/self/schedstat"};
  double on_cpu = 0, waited = 0;
  return in >> on_cpu >> waited ? waited * 1e-9 : 0;
}

measurement::usage usage_so_far() {
  const auto now = sample::clock::now().time_since_epoch();
  return {cpu_seconds(), std::chrono::duration<double>{now}.count(), waited_seconds()};
}

config observed(config cfg, std::function<void(const attempt_record&)> by) {
  cfg.on_attempt = std::move(by);
  return cfg;
}

}  // namespace

generator::generator(asio::any_io_executor executor, config cfg, const load_plan& plan, load& from,
                     bool proven)
    : executor_{executor},
      plan_{plan},
      load_{from},
      started_{clock::now()},
      begin_{started_ + plan.warm_up},
      end_{plan.count > 0 ? clock::time_point::max() : begin_ + plan.duration},
      measured_{begin_, end_},
      news_{executor},
      pace_{executor},
      to_measure_{plan.count > 0 ? plan.count : std::numeric_limits<std::uint64_t>::max()},
      left_to_measure_{to_measure_},
      proven_{proven},
      really_ended_{begin_},
      up_{executor, observed(std::move(cfg),
                             [this](const attempt_record& a) { attempts_.insert_or_assign(a.seq, a); })} {
  if (plan.rate > 0) schedule_.emplace(started_, plan.rate);
}

asio::awaitable<void> generator::run() {
  fill();
  while (!stopped_ && clock::now() < begin_) co_await sleep_until(begin_);
  at_begin_ = usage_so_far();
  while (!stopped_ && left_to_measure_ > 0 && clock::now() < end_) co_await sleep_until(end_);
  really_ended_ = std::max(begin_, clock::now());
  const auto now = usage_so_far();
  used_ = {now.cpu_seconds - at_begin_.cpu_seconds, now.wall_seconds - at_begin_.wall_seconds,
           now.waited_seconds - at_begin_.waited_seconds};

  const auto deadline = clock::now() + plan_.grace;
  const auto waiting = [&] { return in_flight_ > 0 || (schedule_ && may_begin(clock::now())); };
  while (!stopped_ && waiting() && clock::now() < deadline) co_await sleep_until(deadline);
  note_never_begun(std::min(clock::now(), end_));
  stopped_ = true;
  up_.cancel();
  while (in_flight_ > 0) co_await sleep_until(clock::time_point::max());
  pace_.cancel();
}

/// Requests that were due within the measured time, and for which the window had no room to the end.
void generator::note_never_begun(clock::time_point now) {
  if (!schedule_ || plan_.count > 0 || now <= begin_) return;
  constexpr clock::duration tick{1};
  const auto first = std::max(begun_, schedule_->due(begin_ - tick)), due = schedule_->due(now - tick);
  if (due > first) measured_.never_begun(due - first);
}

void generator::stop() {
  stopped_ = true;
  news_.cancel();
}

asio::awaitable<void> generator::sleep_until(clock::time_point t) {
  boost::system::error_code ignored;
  news_.expires_at(t);
  co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

/// May one more request begin now?
bool generator::may_begin(clock::time_point now) {
  if (stopped_ || to_measure_ == 0) return false;
  if (!schedule_) return now < end_;
  const auto intended = schedule_->intended(begun_);
  return intended <= now && intended < end_;
}

/// Bodies are copied: so many bytes at a time that the loop is not held.
void generator::fill() {
  constexpr std::size_t at_a_time = std::size_t{1} << 20;
  const auto now = clock::now();
  std::size_t bytes = 0;
  const auto window = up_.progress().window;
  while (in_flight_ < window && may_begin(now)) {
    if (bytes > at_a_time) {
      post_fill();
      return;
    }
    bytes += begin_one(now);
  }
  wake_when_due();
}

void generator::post_fill() {
  if (std::exchange(posted_, true)) return;
  asio::post(executor_, [self = shared_from_this()] {
    self->posted_ = false;
    self->fill();
  });
}

void generator::wake_when_due() {
  if (!schedule_ || stopped_ || to_measure_ == 0) return;
  const auto next = schedule_->intended(begun_);
  if (next >= end_ || next == wake_at_) return;
  pace_.expires_at(wake_at_ = next);
  pace_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec) self->fill();
  });
}

std::size_t generator::begin_one(clock::time_point now) {
  constexpr std::size_t of_its_own = 4096;  // what a request costs besides its body
  const auto intended = schedule_ ? schedule_->intended(begun_) : now;
  const bool measured = intended >= begin_;
  if (measured) --to_measure_;
  auto request = load_.next();
  const auto size = request.data ? request.data->size() : 0;
  ++in_flight_;
  // Single uploads are numbered in the order they were asked for.
  up_.async_upload(std::move(request), [this, seq = ++begun_, measured, intended](
                                           boost::system::error_code ec, const upload_result& r) {
    ended(seq, measured, intended, ec, r);
  });
  return size + of_its_own;
}

void generator::ended(std::uint64_t seq, bool measured, clock::time_point intended,
                      boost::system::error_code ec, const upload_result& r) {
  --in_flight_;
  sample s{.intended = intended,
           .ended = clock::now(),
           .measured = measured,
           .cut = ec == asio::error::operation_aborted,
           .accepted = !ec && r.fate == fate::accepted,
           .status = r.status,
           .error = ec ? ec : r.error,
           .attempt = {},
           .window = up_.progress().window};
  if (const auto it = attempts_.find(seq); it != attempts_.end()) {
    s.attempt = it->second;
    s.ended = it->second.begun + it->second.total;
    if (!schedule_) s.intended = it->second.begun;
    attempts_.erase(it);
  }
  measured_.add(s);
  count(s);
  fill();
  if (stopped_ || left_to_measure_ == 0 || in_flight_ == 0) news_.cancel();
}

void generator::count(const sample& s) {
  if (s.measured) --left_to_measure_;
  if (s.cut) return;
  ++(s.accepted ? accepted_ : failed_);
  if (s.accepted || proven_ || stopped_) return;
  if (const auto w = wall_of(s); is_hopeless(accepted_, failed_, w)) {
    wall_ = w;
    gave_up_ =
        "nothing was accepted, the last of " + std::to_string(failed_) + " attempts for: " + kind_of(s);
    stop();
  }
}

step_report generator::report(std::string window) const {
  auto r = measured_.report(std::move(window), really_ended_, used_);
  if (!schedule_) r.late = {};
  return r;
}

generator::glance generator::look() const {
  return {std::chrono::duration<double>{clock::now() - started_}.count(), accepted_, failed_, in_flight_};
}

}  // namespace sluice::cli
