#include "messages.hpp"

#include "cli/terminal/progress_text.hpp"

#include <sluice/version.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::cli {
namespace {

using json = nlohmann::ordered_json;

std::string event(const char* name, const json& data) {
  return std::string{"event: "} + name +
         "\ndata: " + data.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
}

/// Tenths are enough for the eye, and shorter.
double tenths(double v) { return std::round(v * 10) / 10; }

/// `null`: not known yet.
json known(const std::optional<std::uint64_t>& n) { return n ? json(*n) : json{}; }

json to_json(const std::optional<history_point>& p) {
  if (!p) return {};
  return {tenths(p->files_per_second), std::llround(p->bytes_per_second), known(p->backlog)};
}

json fates_of(const telemetry_totals& t) {
  json out = json::object();
  for (const auto f : all_fates) out[std::string{to_string(f)}] = t.files.only(f);
  return out;
}

/// The first few, in the words of a summary.
json reasons_of(const telemetry& shown) {
  json all = json::array();
  for (auto& line : reason_lines(shown.reasons())) all.push_back(std::move(line));
  return all;
}

}  // namespace

std::string history_event(const telemetry& shown) {
  const auto& h = shown.history();
  json points = json::array();
  for (const auto& p : h.points()) points.push_back(to_json(p));
  return event("history", {{"title", shown.title()},
                           {"version", version},
                           {"step", history::step.count()},
                           {"most", history::most},
                           {"first", h.first()},
                           {"points", std::move(points)}});
}

std::string now_event(const telemetry& shown) {
  const auto& p = shown.last();
  const auto& t = shown.totals();
  const auto& h = shown.history();
  const auto oldest = shown.oldest_seconds();
  return event("now", {{"state", to_string(shown.state())},
                       {"state_age", std::llround(shown.state_seconds())},
                       {"reason", shown.reason()},
                       {"uptime", std::llround(shown.uptime_seconds())},
                       {"backlog", known(shown.backlog())},
                       {"oldest", oldest ? json(std::llround(*oldest)) : json{}},
                       {"files_per_second", tenths(shown.files_per_second())},
                       {"bytes_per_second", std::llround(shown.bytes_per_second())},
                       {"in_flight", p.in_flight},
                       {"window", p.window},
                       {"window_reason", shown.window_reason()},
                       {"backing_off", p.backing_off},
                       {"retries", t.retries},
                       {"unknown", t.attempts_with(verdict::unknown)},
                       {"only_rescans", p.only_rescans},
                       {"fates", fates_of(t)},
                       {"reasons", reasons_of(shown)},
                       {"at", h.points().empty() ? json{} : json(h.last())},
                       {"point", h.points().empty() ? json{} : to_json(h.points().back())}});
}

std::string errors_event(const telemetry& shown) {
  json all = json::array();
  for (const auto& e : shown.errors())
    all.push_back(
        {{"time", std::chrono::duration_cast<std::chrono::milliseconds>(e.time.time_since_epoch()).count()},
         {"fate", to_string(e.fate)},
         {"file", e.path},
         {"error", e.error}});
  return event("errors", all);
}

}  // namespace sluice::cli
