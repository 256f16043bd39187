#include "control_status.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using json = nlohmann::ordered_json;

double tenths(double v) { return std::round(v * 10) / 10; }

std::uint64_t count(const json& s, const char* name) { return s.value(name, std::uint64_t{0}); }

std::string limits(const json& s) {
  std::string text;
  if (const auto rate = s.value("rate", 0.0); rate > 0) text += "  at most " + fixed(rate, 2) + "/s";
  if (const auto bytes = s.value("limit_rate", 0.0); bytes > 0)
    text += "  at most " + human_bytes(bytes) + "/s";
  return text;
}

std::string waiting(const json& s) {
  std::string text = grouped(count(s, "backlog")) + " files";
  if (const auto age = s.value("oldest_age_s", 0.0); age > 0) text += ", the oldest since " + human_time(age);
  if (s.value("only_rescans", false)) text += "  (new files are found by rescans only)";
  return text;
}

std::string text_of(const json& s) {
  std::string text;
  const auto row = [&](const char* name, const std::string& what) {
    text += name + std::string(12 - std::string_view{name}.size(), ' ') + what + "\n";
  };
  std::string from;
  for (const auto& source : s.value("sources", json::array()))
    if (source.is_string()) from += (from.empty() ? "" : ", ") + printable(source.get<std::string>());
  row("watching", from + " -> " + printable(s.value("url", "")));
  row("state", printable(s.value("state", "")));
  row("up", human_time(s.value("uptime_s", 0.0)) + ", process " + std::to_string(count(s, "pid")));
  row("window", std::to_string(count(s, "window")) + (s.value("window_auto", false) ? " (auto), " : ", ") +
                    std::to_string(count(s, "in_flight")) + " in flight" + limits(s));
  row("waiting", waiting(s));
  row("accepted", grouped(count(s, "accepted")) + "  " + rate(s.value("files_per_second", 0.0)) + "/s  " +
                      human_bytes(s.value("bytes_per_second", 0.0)) + "/s");
  row("failed", grouped(count(s, "rejected")) + " rejected, " + grouped(count(s, "deferred")) +
                    " deferred, " + grouped(count(s, "changed")) + " changed");
  return text;
}

std::optional<json> status_in(const std::string& line) {
  const auto reply = json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("status") || !reply["status"].is_object()) return std::nullopt;
  return reply["status"];
}

}  // namespace

std::string state_of(const progress& p, bool stopping, bool holding, bool renewing) {
  if (stopping) return "stopping";
  if (holding) return "paused";
  if (renewing) return "renewing";
  if (p.unreachable) return "unreachable";
  return p.in_flight + p.waiting > 0 ? "sending" : "idle";
}

std::string status_line(const watch_status& s) {
  const auto& p = s.progress;
  const json status{
      {"v", 1},
      {"version", version},
      {"pid", ::getpid()},
      {"state", s.state},
      {"url", s.url},
      {"sources", s.sources},
      {"uptime_s", tenths(static_cast<double>(p.elapsed.count()) / 1000)},
      {"window", p.window},
      {"window_auto", s.window_auto},
      {"in_flight", p.in_flight},
      {"rate", s.requests_per_second},
      {"limit_rate", s.bytes_per_second},
      {"backlog", p.backlog.value_or(p.waiting + p.backing_off)},
      {"oldest_age_s", tenths(oldest_age(p, s.at))},
      {"waiting", p.waiting},
      {"backing_off", p.backing_off},
      {"only_rescans", p.only_rescans},
      {"accepted", p.accepted},
      {"rejected", p.rejected},
      {"deferred", p.deferred},
      {"changed", p.changed},
      {"vanished", p.vanished},
      {"skipped", p.skipped},
      {"undeletable", p.undeletable},
      {"deleted", p.deleted},
      {"moved", p.moved},
      {"bytes", p.bytes},
      {"attempts", p.attempts},
      {"retries", p.retries},
      {"unknown_outcomes", p.unknown_outcomes},
      {"connections", p.connections},
      {"pause_s", tenths(static_cast<double>(p.pause.count()) / 1000)},
      {"files_per_second", tenths(s.now.files_per_second)},
      {"bytes_per_second", tenths(s.now.bytes_per_second)},
  };
  return json{{"ok", true}, {"status", status}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> status_json(const std::string& line) {
  const auto status = status_in(line);
  if (!status) return std::nullopt;
  return status->dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

std::optional<std::string> status_text(const std::string& line) try {
  const auto status = status_in(line);
  return status ? std::optional{text_of(*status)} : std::nullopt;
} catch (const json::exception&) {  // a value of another kind than ours has
  return std::nullopt;
}

std::optional<std::string> error_of(const std::string& line) {
  const auto reply = json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("ok") || !reply["ok"].is_boolean()) return std::nullopt;
  if (reply["ok"].get<bool>()) return "";
  const auto error = reply.find("error");
  return error != reply.end() && error->is_string() ? printable(error->get<std::string>()) : "refused";
}

}  // namespace sluice::cli
