#include "engine/dispatch/window_control.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace sluice::engine {
namespace {

constexpr std::size_t automatic_most = 1000;

}  // namespace

window_control::window_control(context& c)
    : context_{c},
      tuner_{tuner_of(c.settings.raw.window)},
      permits_{tuner_ ? tuner_->limit() : c.settings.raw.window.size()},
      told_{permits_.limit()} {}

std::optional<core::auto_window> window_control::tuner_of(window w) const {
  if (!w.is_automatic()) return std::nullopt;
  return core::auto_window{
      std::min(w.size() > 0 ? w.size() : automatic_most, context_.settings.descriptors.window)};
}

void window_control::set(window w) {
  tuner_ = tuner_of(w);
  permits_.set_limit(tuner_ ? tuner_->limit() : std::max<std::size_t>(w.size(), 1));
  told_ = permits_.limit();
}

void window_control::observe(core::window_sample s) {
  if (!tuner_) return;
  constexpr std::chrono::milliseconds between{5};  // the system is asked with a call
  if (s.now - asked_at_ >= between) s.worked = context_.world.clock->processor_time(), asked_at_ = s.now;
  const auto why = tuner_->observe(s);
  if (tuner_->limit() != permits_.limit()) permits_.set_limit(tuner_->limit());
  if (why) tell(*why);
}

void window_control::shrink() {
  if (!tuner_) return permits_.set_limit(std::max<std::size_t>(permits_.limit() - 1, 1));
  const auto now = context_.now();
  tuner_->observe({.what = core::window_sample::kind::overload,
                   .begun = now,
                   .now = now,
                   .in_flight = permits_.in_use()});
  permits_.set_limit(tuner_->limit());
  tell(window_reason::limited);
}

void window_control::tell(window_reason why) try {
  const auto from = std::exchange(told_, permits_.limit());
  if (from == told_) return;
  ++changes_;
  const auto& observer = context_.settings.raw.on_window;
  if (!observer) return;
  observer({
      .at = context_.now(),
      .from = from,
      .to = told_,
      .reason = why,
      .in_flight = permits_.in_use(),
      .files_per_second = tuner_->files_per_second(),
      .bytes_per_second = tuner_->bytes_per_second(),
      .server_ms = tuner_->server_seconds() * 1000,
  });
} catch (const std::bad_alloc&) {  // the window is as wide as it is, told or not
}

}  // namespace sluice::engine
