#include "telemetry.hpp"

#include "cli/terminal/progress_text.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <cmath>

namespace sluice::cli {
namespace {

using std::chrono::duration;
using std::chrono::seconds;

constexpr seconds pace_span{5};       ///< rates are means over so long
constexpr std::size_t longest = 160;  ///< bytes of a path or an error that are shown

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

void telemetry::record(const file_record& r) {
  totals_.files.add(r.fate);
  if (r.fate == fate::accepted || r.fate == fate::undeletable) totals_.bytes += r.size;
  if (r.fate == fate::accepted || r.fate == fate::skipped) return;
  errors_.shown.push_front({r.time, r.fate, end_of(printable(r.path)), beginning_of(r.reason)});
  if (errors_.shown.size() > most_errors) errors_.shown.pop_back();
  ++errors_.seen;
}

void telemetry::attempt(const attempt_record& a) {
  if (a.verdict != verdict::unknown) ++totals_.attempts[static_cast<std::size_t>(a.verdict)];
  if (a.attempt > 1) ++totals_.retries;
  if (a.error == condition::fatal) ++totals_.refusals;

  const std::array spent{a.connect, a.handshake, a.send, a.wait, a.receive, a.total};
  for (std::size_t i = 0; i < spent.size(); ++i)
    if (spent[i].count() > 0) totals_.phases[i].add(spent[i]);
}

void telemetry::change(const window_change& c) {
  ++totals_.window_changes[static_cast<std::size_t>(c.reason)];
  window_reason_ = to_string(c.reason);
}

void telemetry::sample(const progress& p, instant now) {
  // An attempt that a kept connection lost is told to nobody and the next one repeated at once.
  follow(totals_.attempts[static_cast<std::size_t>(verdict::unknown)], last_.unknown_outcomes,
         p.unknown_outcomes);
  follow(totals_.sent_bytes, last_.sent_bytes, p.sent_bytes);
  follow(totals_.connections, last_.connections, p.connections);
  follow(totals_.log_lines_dropped, last_.log_lines_dropped, p.log_lines_dropped);
  follow(totals_.folders_deleted, last_.folders_deleted, p.folders_deleted);
  last_ = p;
  if (!began_) began_ = now.steady;
  state_seconds_ = std::max(0.0, duration<double>(now.wall - p.endpoint.since).count());
  sampled_ = now.wall;
  measure({now.steady, totals_.files[fate::accepted], totals_.sent_bytes});
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
  speed_ = {steady.files_per_second, steady.bytes_per_second};
}

std::optional<double> telemetry::oldest_seconds() const noexcept {
  if (!last_.backlog) return std::nullopt;
  return last_.oldest ? std::max(0.0, duration<double>(sampled_ - *last_.oldest).count()) : 0;
}

double telemetry::uptime_seconds() const noexcept {
  return marks_.empty() ? 0 : duration<double>(marks_.back().at - *began_).count();
}

std::string telemetry::reason() const {
  if (!began_) return "nothing has been looked at yet";
  if (auto log = log_text(last_)) return std::move(*log);
  auto why = last_.endpoint.why;
  if (last_.endpoint.state == endpoint_state::held_back && last_.pause.count() > 0)
    why += "; everything waits " + std::to_string((last_.pause.count() + 999) / 1000) + " s more";
  return why;
}

}  // namespace sluice::cli
