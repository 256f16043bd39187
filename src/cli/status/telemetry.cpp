#include "telemetry.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <cmath>

namespace sluice::cli {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

constexpr seconds pace_span{5};         ///< rates are means over so long
constexpr unsigned refusal_streak = 3;  ///< as the uploader's own breaker has it
constexpr std::size_t longest = 160;    ///< bytes of a path or an error that are shown

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// A path says most at its end.
std::string end_of(std::string_view text) {
  if (text.size() <= longest) return std::string{text};
  auto from = text.size() - longest;
  while (from < text.size() && continues_character(text[from])) ++from;
  return "…" + std::string{text.substr(from)};
}
std::string beginning_of(std::string_view text) {
  if (text.size() <= longest) return std::string{text};
  auto to = longest;
  while (to > 0 && continues_character(text[to])) --to;
  return std::string{text.substr(0, to)} + "…";
}

/// A counter of a drain, added to one of the process: a new drain begins at 0 again.
void follow(std::uint64_t& total, std::uint64_t before, std::uint64_t now) {
  total += now >= before ? now - before : now;
}

}  // namespace

void phase_times::add(std::chrono::nanoseconds d) noexcept {
  const double s = duration<double>(d).count();
  ++counts[static_cast<std::size_t>(std::ranges::lower_bound(bounds, s) - bounds.begin())];
  sum += s;
}

std::string_view to_string(standing s) noexcept {
  constexpr std::array<std::string_view, 7> names{"starting", "working",     "idle",   "waiting",
                                                  "paused",   "unreachable", "refused"};
  return names[static_cast<std::size_t>(s)];
}

bool is_healthy(standing s) noexcept {
  return s == standing::working || s == standing::idle || s == standing::waiting;
}

void telemetry::record(const file_record& r) {
  ++totals_.files[static_cast<std::size_t>(r.fate)];
  if (r.fate == fate::accepted || r.fate == fate::undeletable) totals_.bytes += r.size;
  if (r.fate == fate::accepted || r.fate == fate::skipped) return;
  errors_.push_front({r.time, r.fate, end_of(printable(r.path)), beginning_of(r.error)});
  if (errors_.size() > most_errors) errors_.pop_back();
  ++errors_seen_;
}

void telemetry::attempt(const attempt_record& a) {
  ++totals_.attempts[static_cast<std::size_t>(a.verdict)];
  if (a.attempt > 1) ++totals_.retries;
  const bool refused = a.error == condition::fatal;
  if (refused)
    ++totals_.refusals, ++refusals_in_a_row_;
  else if (a.status != 0)
    refusals_in_a_row_ = 0;  // it speaks to us; silence says nothing of that
  if (a.verdict != verdict::accepted) last_error_ = a.error;

  const std::array spent{a.connect, a.handshake, a.send, a.wait, a.receive, a.total};
  for (std::size_t i = 0; i < spent.size(); ++i)
    if (spent[i].count() > 0) totals_.phases[i].add(spent[i]);
}

void telemetry::change(const window_change& c) {
  ++totals_.window_changes[static_cast<std::size_t>(c.reason)];
  window_reason_ = to_string(c.reason);
}

void telemetry::sample(const progress& p, instant now) {
  follow(totals_.sent_bytes, last_.sent_bytes, p.sent_bytes);
  follow(totals_.connections, last_.connections, p.connections);
  last_ = p;
  if (!sampled_) began_ = now.steady;
  sampled_ = true;
  oldest_seconds_ = p.oldest ? std::max(0.0, duration<double>(now.wall - *p.oldest).count()) : 0;
  measure({now.steady, totals_.files_with(fate::accepted) + totals_.files_with(fate::undeletable),
           totals_.sent_bytes});
}

/// A second's own rates go into the history, steadier ones to the eye.
void telemetry::measure(const mark& m) {
  const auto rates = [&](const mark& from) {
    const double s = duration<double>(m.at - from.at).count();
    if (s <= 0) return history_point{};
    return history_point{static_cast<double>(m.accepted - from.accepted) / s,
                         static_cast<double>(m.sent_bytes - from.sent_bytes) / s};
  };
  auto point = marks_.empty() ? history_point{} : rates(marks_.back());
  point.backlog = backlog();
  history_.add(m.at, point);

  marks_.push_back(m);
  while (marks_.size() > 2 && m.at - marks_[1].at >= pace_span) marks_.pop_front();
  const auto steady = rates(marks_.front());
  files_per_second_ = steady.files_per_second, bytes_per_second_ = steady.bytes_per_second;
}

bool telemetry::refuses() const noexcept { return refusals_in_a_row_ >= refusal_streak; }

std::uint64_t telemetry::backlog() const noexcept {
  return last_.backlog.value_or(last_.waiting + last_.backing_off);
}

double telemetry::uptime_seconds() const noexcept {
  return marks_.empty() ? 0 : duration<double>(marks_.back().at - began_).count();
}

standing telemetry::standing() const noexcept {
  using enum cli::standing;
  if (!sampled_) return starting;
  if (refuses()) return refused;
  if (last_.unreachable) return unreachable;
  if (last_.paused) return paused;
  if (last_.pause.count() > 0) return waiting;
  // Between two files of a slow trickle nothing is in flight, and yet it is at work.
  return last_.in_flight + backlog() > 0 || files_per_second_ > 0 ? working : idle;
}

std::string telemetry::reason() const {
  const auto because = last_error_ ? ": " + last_error_.message() : std::string{};
  switch (standing()) {
    case standing::starting:
      return "nothing has been looked at yet";
    case standing::waiting:
      return "everything waits " + std::to_string((last_.pause.count() + 999) / 1000) + " s more";
    case standing::paused:
      return "nothing new begins until it is resumed";
    case standing::unreachable:
      return "the endpoint fails again and again" + because;
    case standing::refused:
      return "the endpoint refuses us" + because;
    case standing::working:
    case standing::idle:
      return {};
  }
  return {};
}

}  // namespace sluice::cli
