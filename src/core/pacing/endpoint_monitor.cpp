#include "core/pacing/endpoint_monitor.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::core {
namespace {

/// The meaning of each kind of failure for an operator, in the order of the kinds.
struct meaning {
  endpoint_state state;
  int attempts;  ///< so many are trouble
  const char* text;
};
constexpr std::array meanings{
    meaning{endpoint_state::refused, 1, "no trusted connection to the endpoint"},
    meaning{endpoint_state::refused, endpoint_monitor::few, "the endpoint refuses us"},
    meaning{endpoint_state::refused, endpoint_monitor::few, "no reply meets the success rule"},
    meaning{endpoint_state::refused, endpoint_monitor::many, "every file is refused"},
    meaning{endpoint_state::unreachable, endpoint_monitor::few, "the endpoint cannot be reached"},
    meaning{endpoint_state::no_replies, endpoint_monitor::few, "no reply comes to its end"},
    meaning{endpoint_state::unreachable, endpoint_monitor::few,
            "the endpoint answers with nothing but errors"},
};

}  // namespace

void endpoint_monitor::begin_attempt(std::size_t others, steady_time now) noexcept {
  if (others == 0 && now - active_at_ > at_rest) sending_since_ = now;
  active_at_ = now;
}

void endpoint_monitor::observe(const judgement& j, steady_time begun, steady_time now) {
  active_at_ = now;
  if (j.retry_after) {
    if (now >= held_until_) held_since_ = now;
    held_until_ = std::max(held_until_, now + *j.retry_after);
  }
  const bool is_told = is_trouble(answers_) || is_trouble(silence_) || is_busy(now);
  if (j.verdict == verdict::accepted) {
    if (is_told) sending_since_ = now;
    answers_ = silence_ = {};
    return;
  }
  const auto what = kind_of(j);
  auto& s = is_silent(what) ? silence_ : answers_;
  if (!is_silent(what)) {
    silence_ = {};
    if (s.what != what) s = {};
  }
  // One restart of a server cuts many connections at once.
  const bool is_cut = what == kind::silence && j.error != sluice::condition::timeout;
  if (is_cut && s.count > 0 && begun < s.counted) return;
  if (s.count++ == 0) s.since = now;
  s.what = what, s.counted = now, s.why = j.reason;
  s.is_of_proxy = is_of_proxy(j.error) && !j.reason.empty();
}

endpoint_monitor::kind endpoint_monitor::kind_of(const judgement& j) noexcept {
  switch (j.blame) {
    case blame::identity:
      return kind::identity;
    case blame::refuses_us:
      return kind::refusal;
    case blame::unconfirmed:
      return kind::rule;
    case blame::nobody:
    case blame::file:
    case blame::perhaps_file:
      return j.error == errc::refused_body || j.error == errc::corrupted ? kind::rule : kind::one_file;
    case blame::unreachable:
      return kind::unreachable;
    case blame::busy:
      break;
  }
  // A refusal of us is one of the passing kind with --retry-all-errors.
  const bool replied = j.error == errc::busy_status || j.error == errc::refused_request;
  return replied ? kind::busy : kind::silence;
}

bool endpoint_monitor::is_trouble(const streak& s) noexcept {
  return s.what != kind::busy && s.count >= meanings[static_cast<std::size_t>(s.what)].attempts;
}

endpoint_monitor::condition endpoint_monitor::condition_of(const streak& s) {
  const auto& m = meanings[static_cast<std::size_t>(s.what)];
  return {.state = m.state,
          .since = s.since,
          .why = s.is_of_proxy ? s.why : m.text + (s.why.empty() ? std::string{} : ": " + s.why),
          .is_of_rule = s.what == kind::rule};
}

std::optional<endpoint_monitor::condition> endpoint_monitor::find_trouble(bool breaker_open) const {
  for (const auto* s : {&silence_, &answers_})
    if (is_trouble(*s)) return condition_of(*s);
  if (!breaker_open) return std::nullopt;
  return condition_of(silence_.count > 0 ? silence_ : answers_);
}

endpoint_monitor::condition endpoint_monitor::find_condition(const facts& known, steady_time now) const {
  using enum endpoint_state;
  if (paused_since_) return {paused, *paused_since_, "nothing new begins until it is resumed"};
  if (renewing_since_) return {renewing, *renewing_since_, "fresh headers are being fetched"};
  if (auto trouble = find_trouble(known.breaker_open)) return std::move(*trouble);
  if (known.pausing) return {held_back, held_since_, "the server asked to wait (Retry-After)"};
  if (is_busy(now)) {
    auto c = condition_of(answers_);
    c.state = held_back;
    return c;
  }
  const auto held = held_until_ <= now ? held_until_ : steady_time::min();  // a pause that has ended
  if (known.has_work || now - active_at_ < at_rest) return {sending, std::max(sending_since_, held)};
  return {idle, active_at_};
}

void endpoint_monitor::set_since(std::optional<steady_time>& t, bool on, steady_time now) noexcept {
  if (!on && std::exchange(t, std::nullopt)) sending_since_ = now;
  if (on && !t) t = now;
}

/// Long enough without a file accepted to be told as busy.
bool endpoint_monitor::is_busy(steady_time now) const noexcept {
  return answers_.what == kind::busy && answers_.count >= few && now - answers_.since >= busy_for;
}

}  // namespace sluice::core
