#include "progress_text.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace sluice::cli {
namespace {

std::uint64_t handled(const progress& p) { return p.counts.total() - p.counts[fate::skipped]; }
/// What is accepted, and cannot be removed, is told at the end.
std::uint64_t failed(const progress& p) { return p.counts.failures() - p.counts[fate::undeletable]; }

std::string failures(const progress& p) {
  std::string s;
  if (failed(p) > 0) s += "  " + grouped(failed(p)) + " failed";
  if (p.backing_off > 0) s += "  " + grouped(p.backing_off) + " to retry";
  return s;
}

/// A state that an operator should see; the usual ones are no news.
std::string state_remark(const progress& p) {
  const auto s = p.endpoint.state;
  if (s == endpoint_state::idle || s == endpoint_state::sending) return {};
  auto text = "  " + std::string{to_string(s)};
  if (s == endpoint_state::held_back && p.pause.count() >= 1000)
    text += " " + human_time(static_cast<double>(p.pause.count()) / 1000);
  return text;
}

/// The remarks are worth telling only when they happen.
std::string remarks(const progress& p) { return failures(p) + state_remark(p); }

/// Returns both ends, and as much of `middle` as there is room for between them. Too narrow for both ends:
/// the right one, which tells of failures, in whole pieces that begin with two spaces.
std::string fitting(std::string left, const std::vector<std::string>& middle, std::string right,
                    std::size_t columns) {
  const auto room = columns > 0 ? columns - 1 : 0;
  while (right.size() > room) {
    const auto last = right.rfind("  ");
    right.resize(last == std::string::npos ? 0 : last);
  }
  if (left.size() + right.size() > room) left.clear();
  for (const auto& piece : middle)
    if (!left.empty() && left.size() + piece.size() + right.size() <= room) left += piece;
  const auto text = left + right;
  return left.empty() && text.starts_with("  ") ? text.substr(2) : text;
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

std::string percent(double share) { return fixed(share * 100, 0) + " %"; }

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

std::optional<std::string> log_text(const progress& p) {
  if (!p.reading_log) return std::nullopt;
  return "reads its job log, " + percent(std::floor(*p.reading_log * 100) / 100);
}

std::string progress_bar(const progress& p, const pace& now, std::size_t columns, const std::string& window) {
  std::string left = grouped(handled(p));
  double part = 0;
  if (p.total) {
    const auto total = std::max<std::uint64_t>(*p.total, handled(p));
    part = total == 0 ? 1.0 : static_cast<double>(handled(p)) / static_cast<double>(total);
    left = std::to_string(static_cast<int>(part * 100)) + " % " + left + "/" + grouped(total);
  }
  std::vector<std::string> middle{window, "  " + rate(now.files_per_second) + "/s",
                                  "  " + human_bytes(now.bytes_per_second) + "/s"};
  if (p.total && now.files_per_second > 0 && *p.total > handled(p))
    middle.push_back("  " + human_time(static_cast<double>(*p.total - handled(p)) / now.files_per_second) +
                     " left");
  auto text = fitting(std::move(left), middle, remarks(p), columns);
  const std::size_t width =
      columns > text.size() + 14 ? std::min<std::size_t>(columns - text.size() - 4, 30) : 0;
  if (width == 0 || !p.total) return text;
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string bar(filled, '=');
  if (filled < width) bar += '>', bar.resize(width, ' ');
  return "[" + bar + "] " + text;
}

std::string figures_text(const progress& p, const pace& now) {
  return human_time(static_cast<double>(p.elapsed.count()) / 1000) + "  " +
         grouped(p.counts[fate::accepted]) + " accepted  " + rate(now.files_per_second) + "/s  " +
         human_bytes(now.bytes_per_second) + "/s  " + std::to_string(p.in_flight) + " in flight" +
         failures(p);
}

std::string progress_line(const progress& p, const pace& now) {
  return "sluice: " + figures_text(p, now) + state_remark(p);
}

std::string proxy_text(const used_proxy& p) {
  if (p.url.empty()) return {};
  return "through " + p.url + (p.from.empty() ? "" : " (" + p.from + ")");
}

std::string window_text(const progress& p, std::string_view last) {
  std::string text =
      "  window " + std::to_string(p.window) + ", " + std::to_string(p.in_flight) + " in flight";
  if (!last.empty()) text.append(" (").append(last).append(")");
  return text;
}

double oldest_age(const progress& p, std::chrono::system_clock::time_point now) {
  if (!p.oldest) return 0;
  using seconds = std::chrono::duration<double>;  // any two times have a difference of this type
  return std::max(0.0, (seconds{now.time_since_epoch()} - seconds{p.oldest->time_since_epoch()}).count());
}

std::string followed_text(const progress& p, std::chrono::system_clock::time_point now) {
  std::string text = "  window " + std::to_string(p.window) + "  ";
  text += p.backlog ? grouped(*p.backlog) + " waiting" : "what waits is not known yet";
  if (p.oldest) text += ", the oldest since " + human_time(oldest_age(p, now));
  if (p.only_rescans) text += "  new files are found by rescans only";
  return text;
}

std::string followed_bar(const progress& p, const pace& now, std::chrono::system_clock::time_point at,
                         std::size_t columns) {
  return fitting("sluice: " + human_time(static_cast<double>(p.elapsed.count()) / 1000) + "  " +
                     grouped(p.counts[fate::accepted]) + " accepted",
                 {"  " + rate(now.files_per_second) + "/s", "  " + human_bytes(now.bytes_per_second) + "/s",
                  "  " + std::to_string(p.in_flight) + " in flight", followed_text(p, at)},
                 remarks(p), columns);
}

namespace {

/// The remedy that the name of a missing file suggests for its list.
const char* remedy_for_name(std::string_view name) {
  if (name.ends_with('\r'))
    return ": it ends in a carriage return, so the list has the line ends of Windows; take them out with tr "
           "-d '\\r'";
  if (name.find('\0') != std::string_view::npos)
    return ": it has NUL bytes, so the names of the list end in NUL; take --files-from0";
  if (name.find('\n') != std::string_view::npos)
    return ": it has line ends, so the list has one name a line; take --files-from";
  if (name.starts_with("\xef\xbb\xbf"))
    return ": it begins with a byte order mark; take it out of the list with sed '1s/^\\xef\\xbb\\xbf//'";
  return "";
}

}  // namespace

std::vector<std::string> reason_lines(const std::vector<failure_reason>& reasons) {
  constexpr std::size_t most = 5;
  std::vector<std::string> lines;
  for (const auto& r : reasons) {
    if (r.fate == fate::missing || lines.size() == most) continue;
    // The text that a reason quotes was made printable.
    lines.push_back(std::string{to_string(r.fate)} + ": " + grouped(r.count) + " × " + r.reason + ", e.g. '" +
                    printable(r.example) + "'");
  }
  for (const auto& r : reasons)
    if (r.fate == fate::missing)
      lines.insert(lines.begin(), "missing: " + grouped(r.count) + " × " + r.reason + ", the first '" +
                                      printable(r.example) + "'" + remedy_for_name(r.example));
  return lines;
}

std::string remedy_for(std::string_view detail) {
  const auto has = [&](std::string_view words) { return detail.find(words) != std::string_view::npos; };
  const bool of_proxy = has("the proxy's certificate");
  if (has("certificate has expired") || has("certificate is not yet valid"))
    return std::string{"; the "} + (of_proxy ? "proxy" : "server") +
           " needs a new certificate, or this machine's clock is wrong";
  if (has("hostname mismatch") || has("IP address mismatch"))
    return of_proxy ? "; name the proxy as its certificate does"
                    : "; the URL must have a name that is in the server's certificate";
  if (has("unable to get local issuer") || has("self-signed") || has("self signed") ||
      has("unable to verify the first certificate"))
    return of_proxy
               ? "; name who is to be trusted with --proxy-cacert FILE, or take any with --proxy-insecure"
               : "; name who is to be trusted with --cacert FILE, or the server's key with --pinnedpubkey "
                 "and -k";
  return {};
}

std::string summary_text(const run_summary& s) {
  std::string text = "sluice: " + grouped(s.counts[fate::accepted]) + " accepted";
  const auto add = [&](std::uint64_t n, std::string_view what) {
    if (n > 0) text.append(", ").append(grouped(n)).append(" ").append(what);
  };
  for (const auto f : all_fates)
    if (f != fate::accepted)
      add(s.counts.only(f), f == fate::undeletable ? "accepted but not removable" : to_string(f));
  add(s.bad_lines, "lines without a file");
  add(s.unreadable_dirs, "directories unreadable");
  text += "; " + human_bytes(static_cast<double>(s.bytes)) + " in " +
          fixed(s.seconds, s.seconds < 10 ? 2 : 0) + " s, " + rate(s.files_per_second) + " files/s";
  if (s.deleted > 0) text += "; " + grouped(s.deleted) + " deleted";
  if (s.moved > 0) text += "; " + grouped(s.moved) + " moved";
  if (s.folders_deleted > 0) text += "; " + grouped(s.folders_deleted) + " empty folders removed";
  if (s.folders_left > 0)
    text += "\nsluice: " + grouped(s.folders_left) +
            " emptied folders stay: their last file came less than the settle time ago (--settle)";
  if (s.attempts > 0)
    text += "\nsluice: latency p50 " + fixed(s.latency_ms.p50, 1) + " p99 " + fixed(s.latency_ms.p99, 1) +
            " max " + fixed(s.latency_ms.max, 1) + " ms; " + grouped(s.attempts) + " requests on " +
            grouped(s.connections) + " connections, " + grouped(s.retries) + " retries, " +
            grouped(s.unknown_outcomes) + " unknown outcomes";
  for (const auto& line : reason_lines(s.reasons)) text += "\nsluice: " + line;
  if (!s.detail.empty()) text += "\nsluice: " + s.detail + remedy_for(s.detail);
  return text;
}

}  // namespace sluice::cli
