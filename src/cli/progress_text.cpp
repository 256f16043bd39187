#include "progress_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace sluice::cli {
namespace {

std::uint64_t handled(const progress& p) {
  return p.accepted + p.rejected + p.deferred + p.changed + p.vanished;
}
std::uint64_t failed(const progress& p) { return p.rejected + p.deferred + p.changed; }

/// What is worth telling only when it happens.
std::string remarks(const progress& p) {
  std::string s;
  if (failed(p) > 0) s += "  " + grouped(failed(p)) + " failed";
  if (p.backing_off > 0) s += "  " + grouped(p.backing_off) + " to retry";
  if (p.pause.count() >= 1000) s += "  paused " + human_time(static_cast<double>(p.pause.count()) / 1000);
  return s;
}

}  // namespace

std::string grouped(std::uint64_t n) {
  std::string s = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(s.size()) - 3; at > 0; at -= 3)
    s.insert(static_cast<std::size_t>(at), ",");
  return s;
}

std::string fixed(double v, int digits) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.*f", digits, v);
  return out.data();
}

std::string rate(double per_second) {
  return per_second < 10 ? fixed(per_second, 1)
                         : grouped(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string human_bytes(double bytes) {
  static constexpr std::array<const char*, 6> units{" B", " kB", " MB", " GB", " TB", " PB"};
  std::size_t u = 0;
  while (bytes >= 999.5 && u + 1 < units.size()) bytes /= 1000, ++u;
  return fixed(bytes, u == 0 || bytes >= 99.95 ? 0 : 1) + units[u];
}

std::string human_time(double seconds) {
  const auto s = static_cast<long long>(std::min(seconds, 359999.0));
  std::array<char, 32> out{};
  if (s >= 3600)
    std::snprintf(out.data(), out.size(), "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(out.data(), out.size(), "%lld:%02lld", s / 60, s % 60);
  return out.data();
}

std::string progress_bar(const progress& p, const pace& now, std::size_t columns) {
  std::string text = grouped(handled(p));
  double part = 0;
  if (p.total) {
    const auto total = std::max<std::uint64_t>(*p.total, handled(p));
    part = total == 0 ? 1.0 : static_cast<double>(handled(p)) / static_cast<double>(total);
    text = std::to_string(static_cast<int>(part * 100)) + " % " + text + "/" + grouped(total);
  }
  text += "  " + rate(now.files_per_second) + "/s  " + human_bytes(now.bytes_per_second) + "/s";
  if (p.total && now.files_per_second > 0 && *p.total > handled(p))
    text += "  " + human_time(static_cast<double>(*p.total - handled(p)) / now.files_per_second) + " left";
  text += remarks(p);
  const std::size_t width =
      columns > text.size() + 14 ? std::min<std::size_t>(columns - text.size() - 4, 30) : 0;
  if (width > 0 && p.total) {
    const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
    std::string bar(filled, '=');
    if (filled < width) bar += '>', bar.resize(width, ' ');
    text = "[" + bar + "] " + text;
  }
  if (text.size() >= columns) text.resize(columns > 0 ? columns - 1 : 0);
  return text;
}

std::string progress_line(const progress& p, const pace& now) {
  return "sluice: " + human_time(static_cast<double>(p.elapsed.count()) / 1000) + "  " + grouped(p.accepted) +
         " accepted  " + rate(now.files_per_second) + "/s  " + human_bytes(now.bytes_per_second) + "/s  " +
         std::to_string(p.in_flight) + " in flight" + remarks(p);
}

std::string window_text(const progress& p, std::string_view last) {
  std::string text =
      "  window " + std::to_string(p.window) + ", " + std::to_string(p.in_flight) + " in flight";
  if (!last.empty()) text.append(" (").append(last).append(")");
  return text;
}

double oldest_age(const progress& p, std::chrono::system_clock::time_point now) {
  return p.oldest ? std::max(0.0, std::chrono::duration<double>(now - *p.oldest).count()) : 0;
}

std::string followed_text(const progress& p, std::chrono::system_clock::time_point now) {
  std::string text = "  window " + std::to_string(p.window) + "  " +
                     grouped(p.backlog.value_or(p.waiting + p.backing_off)) + " waiting";
  if (p.oldest) text += ", the oldest since " + human_time(oldest_age(p, now));
  if (p.paused) text += "  paused";
  if (p.unreachable) text += "  endpoint unreachable";
  if (p.only_rescans) text += "  new files are found by rescans only";
  return text;
}

std::string summary_text(const run_summary& s) {
  std::string text = "sluice: " + grouped(s.accepted) + " accepted";
  const auto add = [&](std::uint64_t n, const char* what) {
    if (n > 0) text += ", " + grouped(n) + " " + what;
  };
  add(s.rejected, "rejected"), add(s.deferred, "deferred"), add(s.changed, "changed"),
      add(s.vanished, "vanished");
  add(s.skipped, "skipped"), add(s.undeletable, "accepted but not removable"),
      add(s.unreadable_dirs, "directories unreadable");
  text += "; " + human_bytes(static_cast<double>(s.bytes)) + " in " +
          fixed(s.seconds, s.seconds < 10 ? 2 : 0) + " s, " + rate(s.files_per_second) + " files/s";
  if (s.deleted > 0) text += "; " + grouped(s.deleted) + " deleted";
  if (s.moved > 0) text += "; " + grouped(s.moved) + " moved";
  if (s.attempts > 0)
    text += "\nsluice: latency p50 " + fixed(s.latency_ms.p50, 1) + " p99 " + fixed(s.latency_ms.p99, 1) +
            " max " + fixed(s.latency_ms.max, 1) + " ms; " + grouped(s.attempts) + " requests on " +
            grouped(s.connections) + " connections, " + grouped(s.retries) + " retries, " +
            grouped(s.unknown_outcomes) + " unknown outcomes";
  if (!s.detail.empty()) text += "\nsluice: " + s.detail;
  return text;
}

}  // namespace sluice::cli
