#include "generator.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
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

/// The time is the kernel's scheduler's; 0 where it does not tell.
double waited_seconds() {
  std::ifstream in{"/proc/self/schedstat"};
  double on_cpu = 0, waited = 0;
  return in >> on_cpu >> waited ? waited * 1e-9 : 0;
}

measurement::usage usage_so_far() {
  const auto now = sample::clock::now().time_since_epoch();
  return {cpu_seconds(), std::chrono::duration<double>{now}.count(), waited_seconds()};
}

/// `by` hears of each attempt before whoever `cfg` names.
config observed(config cfg, std::function<void(const attempt_record&)> by) {
  cfg.on_attempt = [by = std::move(by), then = std::move(cfg.on_attempt)](const attempt_record& a) {
    by(a);
    if (then) then(a);
  };
  return cfg;
}

}  // namespace

generator::generator(asio::any_io_executor executor, config cfg, const load_plan& plan, load& from,
                     bool proven)
    : load_{from},
      course_{plan, clock::now()},
      tally_{plan.count, proven},
      measured_{course_.begins(), course_.ends()},
      news_{executor},
      pace_{executor},
      up_{executor, observed(std::move(cfg),
                             [this](const attempt_record& a) { attempts_.insert_or_assign(a.seq, a); })} {
  span_.ended = course_.begins();
}

asio::awaitable<void> generator::run() {
  const auto begin = course_.begins(), end = course_.ends();
  fill();
  while (!stopped_ && clock::now() < begin) co_await sleep_until(begin);
  const auto before = usage_so_far();
  while (!stopped_ && !tally_.is_complete() && clock::now() < end) co_await sleep_until(end);
  span_.ended = std::max(begin, clock::now());
  const auto now = usage_so_far();
  span_.used = {now.cpu_seconds - before.cpu_seconds, now.wall_seconds - before.wall_seconds,
                now.waited_seconds - before.waited_seconds};

  const auto deadline = course_.patience_ends(clock::now());
  const auto waiting = [&] { return in_flight_ > 0 || (course_.is_open_loop() && may_begin(clock::now())); };
  while (!stopped_ && waiting() && clock::now() < deadline) co_await sleep_until(deadline);
  measured_.never_begun(course_.never_begun(std::min(clock::now(), end)));
  stopped_ = true;
  up_.cancel();
  while (in_flight_ > 0) co_await sleep_until(clock::time_point::max());
  pace_.cancel();
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

bool generator::may_begin(clock::time_point now) const { return !stopped_ && course_.may_begin(now); }

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
  asio::post(news_.get_executor(), [self = shared_from_this()] {
    self->posted_ = false;
    self->fill();
  });
}

void generator::wake_when_due() {
  const auto next = stopped_ ? std::nullopt : course_.next_wake();
  if (!next) return;
  pace_.expires_at(*next);
  pace_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
    if (!ec) self->fill();
  });
}

std::size_t generator::begin_one(clock::time_point now) {
  constexpr std::size_t of_its_own = 4096;  // bytes of a request besides its body
  const auto turn = course_.begin_one(now);
  auto request = load_.next();
  const auto size = request.data() ? request.data()->size() : 0;
  ++in_flight_;
  up_.async_upload(std::move(request), [this, turn](boost::system::error_code ec, const upload_result& r) {
    ended(turn, ec, r);
  });
  return size + of_its_own;
}

/// Single uploads are numbered in the order they were asked for, as turns are.
void generator::ended(const load_course::turn& t, boost::system::error_code ec, const upload_result& r) {
  --in_flight_;
  sample s{.intended = t.intended,
           .ended = clock::now(),
           .measured = t.measured,
           .cut = ec == asio::error::operation_aborted,
           .accepted = !ec && r.fate == fate::accepted,
           .status = r.status,
           .error = ec ? ec : r.error,
           .attempt = {},
           .window = up_.progress().window};
  if (const auto it = attempts_.find(t.number); it != attempts_.end()) {
    s.attempt = it->second;
    s.ended = it->second.begun + it->second.total;
    if (!course_.is_open_loop()) s.intended = it->second.begun;
    attempts_.erase(it);
  }
  measured_.add(s);
  if (tally_.count_sample(s, stopped_)) stop();
  fill();
  if (stopped_ || tally_.is_complete() || in_flight_ == 0) news_.cancel();
}

step_report generator::report(std::string window) const {
  auto r = measured_.report(std::move(window), span_.ended, span_.used);
  if (!course_.is_open_loop()) r.late = {};
  return r;
}

generator::glance generator::look() const {
  return {std::chrono::duration<double>{clock::now() - course_.started()}.count(), tally_.accepted(),
          tally_.failed(), in_flight_};
}

}  // namespace sluice::cli
