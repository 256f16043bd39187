// How many at once: what the caller set, or what the automatic window makes of each attempt.
#pragma once

#include "core/window_signal.hpp"
#include "engine/pool.hpp"

namespace sluice::engine {

inline constexpr std::size_t automatic_most = 1000;

template <class Io>
std::optional<core::auto_window> pool<Io>::tuner_of(window w) const {
  if (!w.is_automatic()) return std::nullopt;
  return core::auto_window{std::min(w.size() > 0 ? w.size() : automatic_most, settings_.most_at_once)};
}

template <class Io>
void pool<Io>::set_window(window w) {
  tuner_ = tuner_of(w);
  resize(tuner_ ? tuner_->limit() : std::max<std::size_t>(w.size(), 1));
  told_window_ = permits_.limit();
  pump();
}

template <class Io>
void pool<Io>::resize(std::size_t limit) {
  permits_.set_limit(limit);
  read_ahead_.widen(limit);
  set_marks();
}

template <class Io>
void pool<Io>::set_marks() {
  const auto high = std::max<std::size_t>(4 * permits_.limit(), 64);
  backlog_.set_marks(high / 2, high);
}

template <class Io>
core::window_sample pool<Io>::window_sample_of(const job_type& j, const io::exchange_report& report,
                                               const core::judgement& v) const {
  const auto& t = report.times;
  core::window_sample s;
  s.what = report.file_error ? core::window_sample::kind::other : core::window_signal(v, j.record.status);
  s.begun = t.begun, s.now = t.ended;
  if (!report.reused) s.connecting = t.between(t.begun, t.secured);
  s.bytes = j.record.size;
  s.server_time = t.between(t.sent, t.heard);
  s.in_flight = permits_.in_use();
  return s;
}

template <class Io>
void pool<Io>::tune(const core::window_sample& s) {
  if (!tuner_) return;
  const auto why = tuner_->observe(s);
  const auto before = permits_.limit();
  if (tuner_->limit() != before) resize(tuner_->limit());
  if (why) told(*why);
  if (permits_.limit() > before) pump();
}

/// There was no descriptor to be had. A fixed window is smaller from now on, an automatic one tries again.
template <class Io>
void pool<Io>::shrink() {
  if (!tuner_) return resize(std::max<std::size_t>(permits_.limit() - 1, 1));
  const auto now = clock::now();
  tuner_->observe({.what = core::window_sample::kind::overload,
                   .begun = now,
                   .now = now,
                   .in_flight = permits_.in_use()});
  resize(tuner_->limit());
  told(window_reason::limited);
}

template <class Io>
void pool<Io>::told(window_reason why) try {
  const auto from = std::exchange(told_window_, permits_.limit());
  if (from == told_window_) return;
  ++window_changes_;
  if (!settings_.raw.on_window) return;
  settings_.raw.on_window({
      .at = clock::now(),
      .from = from,
      .to = told_window_,
      .reason = why,
      .in_flight = permits_.in_use(),
      .files_per_second = tuner_->files_per_second(),
      .bytes_per_second = tuner_->bytes_per_second(),
      .server_ms = tuner_->server_seconds() * 1000,
  });
} catch (const std::bad_alloc&) {
}

}  // namespace sluice::engine
