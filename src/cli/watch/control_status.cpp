#include "control_status.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using nlohmann::ordered_json;

double tenths(double v) { return std::round(v * 10) / 10; }

double age_of(const endpoint_status& s, std::chrono::system_clock::time_point now) {
  return std::max(0.0, std::chrono::duration<double>(now - s.since).count());
}

std::uint64_t count(const ordered_json& s, const char* name) { return s.value(name, std::uint64_t{0}); }

std::string limits(const ordered_json& s) {
  std::string text;
  if (const auto rate = s.value("rate", 0.0); rate > 0) text += "  at most " + fixed(rate, 2) + "/s";
  if (const auto bytes = s.value("limit_rate", 0.0); bytes > 0)
    text += "  at most " + human_bytes(bytes) + "/s";
  return text;
}

/// The age is not known either before files were counted.
std::string waiting(const ordered_json& s) {
  std::string text = s.contains("backlog") ? grouped(count(s, "backlog")) + " files" : "not known yet";
  if (const auto age = s.value("oldest_age_s", 0.0); age > 0) text += ", the oldest since " + human_time(age);
  if (s.value("only_rescans", false)) text += "  (new files are found by rescans only)";
  return text;
}

/// `refused for 0:41: the endpoint refuses us: …`
std::string state(const ordered_json& s) {
  auto text = printable(s.value("state", ""));
  if (const auto age = s.value("state_age_s", 0.0); age >= 1) text += " for " + human_time(age);
  if (const auto why = s.value("state_why", ""); !why.empty()) text += ": " + printable(why);
  return text;
}

/// The reasons have the form of a summary.
std::vector<std::string> reasons_in(const ordered_json& s) {
  std::vector<failure_reason> all;
  for (const auto& r : s.value("reasons", ordered_json::array()))
    if (const auto f = fate_from_string(r.value("fate", "")))
      all.push_back({*f, count(r, "count"), r.value("reason", ""), r.value("example", "")});
  return reason_lines(all);
}

ordered_json to_json(const std::vector<failure_reason>& reasons) {
  ordered_json all = ordered_json::array();
  for (const auto& r : reasons)
    all.push_back(
        {{"fate", to_string(r.fate)}, {"count", r.count}, {"reason", r.reason}, {"example", r.example}});
  return all;
}

std::string text_of(const ordered_json& s) {
  std::string text;
  const auto row = [&](const char* name, const std::string& what) {
    text += name + std::string(12 - std::string_view{name}.size(), ' ') + what + "\n";
  };
  std::string from;
  for (const auto& source : s.value("sources", ordered_json::array()))
    if (source.is_string()) from += (from.empty() ? "" : ", ") + printable(source.get<std::string>());
  row("watching", from + " -> " + printable(s.value("url", "")));
  const auto read = s.value("log_read", 0.0);
  row("state", state(s) + (read > 0 ? ", " + percent(read) : ""));
  row("up", human_time(s.value("uptime_s", 0.0)) + ", process " + std::to_string(count(s, "pid")));
  row("window", std::to_string(count(s, "window")) + (s.value("window_auto", false) ? " (auto), " : ", ") +
                    std::to_string(count(s, "in_flight")) + " in flight" + limits(s));
  row("waiting", waiting(s));
  row("accepted", grouped(count(s, "accepted")) + "  " + rate(s.value("files_per_second", 0.0)) + "/s  " +
                      human_bytes(s.value("bytes_per_second", 0.0)) + "/s");
  row("failed", grouped(count(s, "rejected")) + " rejected, " + grouped(count(s, "deferred")) +
                    " deferred, " + grouped(count(s, "changed")) + " changed");
  for (const auto& line : reasons_in(s)) row("", line);
  return text;
}

std::optional<ordered_json> status_in(const std::string& line) {
  const auto reply = ordered_json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("status") || !reply["status"].is_object()) return std::nullopt;
  return std::make_optional<ordered_json>(reply["status"]);
}

}  // namespace

std::string status_line(const watch_status& s) {
  const auto& p = s.progress;
  ordered_json status{
      {"v", 1},
      {"version", version},
      {"pid", ::getpid()},
      {"state", to_string(p.endpoint.state)},
      {"state_age_s", tenths(age_of(p.endpoint, s.at))},
      {"state_why", p.endpoint.why},
      {"url", s.url},
      {"sources", s.sources},
      {"uptime_s", tenths(static_cast<double>(p.elapsed.count()) / 1000)},
      {"window", p.window},
      {"window_auto", s.window_auto},
      {"in_flight", p.in_flight},
      {"rate", s.requests_per_second},
      {"limit_rate", s.bytes_per_second},
      {"waiting", p.waiting},
      {"backing_off", p.backing_off},
      {"only_rescans", p.only_rescans},
      {"deleted", p.deleted},
      {"moved", p.moved},
      {"folders_deleted", p.folders_deleted},
      {"bytes", p.bytes},
      {"attempts", p.attempts},
      {"retries", p.retries},
      {"unknown_outcomes", p.unknown_outcomes},
      {"connections", p.connections},
      {"pause_s", tenths(static_cast<double>(p.pause.count()) / 1000)},
      {"files_per_second", tenths(s.now.files_per_second)},
      {"bytes_per_second", tenths(s.now.bytes_per_second)},
      {"reasons", to_json(s.reasons)},
  };
  if (p.reading_log) status["log_read"] = std::floor(*p.reading_log * 1000) / 1000;
  if (p.backlog) status["backlog"] = *p.backlog, status["oldest_age_s"] = tenths(oldest_age(p, s.at));
  for (const auto f : all_fates) status[std::string{to_string(f)}] = p.counts[f];
  return ordered_json{{"ok", true}, {"status", status}}.dump(-1, ' ', false,
                                                             ordered_json::error_handler_t::replace);
}

std::optional<std::string> status_json(const std::string& line) {
  const auto status = status_in(line);
  if (!status) return std::nullopt;
  return status->dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

std::optional<std::string> status_text(const std::string& line) try {
  const auto status = status_in(line);
  return status ? std::optional{text_of(*status)} : std::nullopt;
} catch (const ordered_json::exception&) {  // a value of another kind than ours has
  return std::nullopt;
}

std::optional<std::string> error_of(const std::string& line) {
  const auto reply = ordered_json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("ok") || !reply["ok"].is_boolean()) return std::nullopt;
  if (reply["ok"].get<bool>()) return "";
  const auto error = reply.find("error");
  return error != reply.end() && error->is_string() ? printable(error->get<std::string>()) : "refused";
}

}  // namespace sluice::cli
