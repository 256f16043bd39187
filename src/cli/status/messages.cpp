#include "messages.hpp"

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

json to_json(const std::optional<history_point>& p) {
  return p ? json{tenths(p->files_per_second), std::llround(p->bytes_per_second), p->backlog} : json{};
}

json fates_of(const telemetry_totals& t) {
  json out = json::object();
  for (std::size_t i = 0; i < t.files.size(); ++i) out[std::string{fate_names[i]}] = t.files[i];
  return out;
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
  return event("now", {{"state", to_string(shown.standing())},
                       {"reason", shown.reason()},
                       {"uptime", std::llround(shown.uptime_seconds())},
                       {"backlog", shown.backlog()},
                       {"oldest", std::llround(shown.oldest_seconds())},
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
