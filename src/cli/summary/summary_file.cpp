#include "summary_file.hpp"

#include "cli/exit_code.hpp"

#include <sluice/text.hpp>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace sluice::cli {
namespace {

using nlohmann::json;

/// The first thing that is wrong, for people.
struct flaw : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const json& member_of(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) throw flaw{"it has no \"" + std::string{name} + "\""};
  return *at;
}

std::uint64_t count_of(const json& value, const char* name) {
  if (!value.is_number_unsigned()) throw flaw{"\"" + std::string{name} + "\" is no count"};
  return value.get<std::uint64_t>();
}
std::uint64_t count_in(const json& object, const char* name) {
  return count_of(member_of(object, name), name);
}

/// A rate of a run that took no time is null.
double number_in(const json& object, const char* name) {
  const auto& value = member_of(object, name);
  if (value.is_null()) return 0;
  if (!value.is_number()) throw flaw{"\"" + std::string{name} + "\" is no number"};
  return value.get<double>();
}

std::string text_in(const json& object, const char* name) {
  const auto& value = member_of(object, name);
  if (!value.is_string()) throw flaw{"\"" + std::string{name} + "\" is no text"};
  return value.get<std::string>();
}

stop_reason reason_in(const json& object) {
  const auto word = text_in(object, "reason");
  for (auto r = stop_reason::complete; to_string(r) != "unknown";
       r = static_cast<stop_reason>(static_cast<int>(r) + 1))
    if (to_string(r) == word) return r;
  throw flaw{"\"reason\" is '" + printable(word) + "', which no run ends with"};
}

/// RFC 3339 in UTC, as summaries have it.
std::chrono::system_clock::time_point time_in(const json& object, const char* name) {
  namespace chrono = std::chrono;
  const auto text = text_in(object, name);
  int year = 0, ms = 0, length = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%3dZ%n", &year, &month, &day, &hour,
                               &minute, &second, &ms, &length);
  const chrono::year_month_day date{chrono::year{year}, chrono::month{month}, chrono::day{day}};
  if (read != 7 || static_cast<std::size_t>(length) != text.size() || !date.ok() || year < 1970 ||
      year > 2261)
    throw flaw{"\"" + std::string{name} + "\" is no time"};
  return chrono::sys_days{date} + chrono::hours{hour} + chrono::minutes{minute} + chrono::seconds{second} +
         chrono::milliseconds{ms};
}

/// The fates as to_json() wrote them: some of them are counted among others.
void read_counts(const json& object, run_summary& s) {
  for (const auto f : all_fates) s.counts.add(f, count_in(object, std::string{to_string(f)}.c_str()));
  counts each;
  for (const auto& row : detail::fate_table) {
    auto only = s.counts.only(row.value);
    for (const auto& part : detail::fate_table)
      if (part.part_of == row.value && part.value != row.value) {
        if (s.counts.only(part.value) > only) throw flaw{"its fates do not add up"};
        only -= s.counts.only(part.value);
      }
    each.add(row.value, only);
  }
  s.counts = each;
  if (s.counts.total() != count_in(object, "seen")) throw flaw{"its fates do not add up"};
}

void read_latency(const json& object, run_summary& s) {
  const auto& ms = member_of(object, "latency_ms");
  if (!ms.is_object()) throw flaw{"\"latency_ms\" is no object"};
  s.latency_ms = {number_in(ms, "p50"), number_in(ms, "p90"), number_in(ms, "p99"), number_in(ms, "max")};
  const auto& steps = member_of(object, "latency_steps_us");
  if (!steps.is_array()) throw flaw{"\"latency_steps_us\" is no list"};
  for (const auto& step : steps) {
    if (!step.is_array() || step.size() != 2) throw flaw{"a step of \"latency_steps_us\" is no pair"};
    s.latency_steps.push_back({count_of(step[0], "latency_steps_us"), count_of(step[1], "latency_steps_us")});
  }
}

void read_reasons(const json& object, run_summary& s) {
  const auto& reasons = member_of(object, "reasons");
  if (!reasons.is_array()) throw flaw{"\"reasons\" is no list"};
  for (const auto& r : reasons) {
    if (!r.is_object()) throw flaw{"an element of \"reasons\" is no object"};
    const auto fate = fate_from_string(text_in(r, "fate"));
    if (!fate) throw flaw{"an element of \"reasons\" has no fate"};
    s.reasons.push_back({*fate, count_in(r, "count"), text_in(r, "reason"), text_in(r, "example")});
  }
}

void read_optional(const json& object, run_summary& s) {
  if (object.contains("shard") && !(s.shard = shard_from_string(text_in(object, "shard"))))
    throw flaw{"\"shard\" is no part of anything"};
  if (object.contains("proxy")) {
    const auto& proxy = object["proxy"];
    if (!proxy.is_object()) throw flaw{"\"proxy\" is no object"};
    s.proxy = {text_in(proxy, "url"), text_in(proxy, "from")};
  }
  s.exit_code = exit_code_of(s, 0);
  if (!object.contains("exit_code")) return;
  const auto code = count_in(object, "exit_code");
  if (code > 255) throw flaw{"\"exit_code\" is none"};
  s.exit_code = static_cast<int>(code);
}

run_summary summary_of(const json& object) {
  if (!object.is_object()) throw flaw{"it is no JSON object"};
  if (count_in(object, "v") != 1) throw flaw{"another version of sluice wrote it"};
  run_summary s;
  s.reason = reason_in(object), s.detail = text_in(object, "detail");
  s.runs = count_in(object, "runs");
  s.began = time_in(object, "began");
  read_counts(object, s);
  s.deleted = count_in(object, "deleted"), s.moved = count_in(object, "moved");
  s.bad_lines = count_in(object, "bad_lines");
  s.folders_deleted = count_in(object, "folders_deleted"), s.folders_left = count_in(object, "folders_left");
  s.bytes = count_in(object, "bytes"), s.sent_bytes = count_in(object, "sent_bytes");
  s.attempts = count_in(object, "attempts"), s.retries = count_in(object, "retries");
  s.unknown_outcomes = count_in(object, "unknown_outcomes"), s.connections = count_in(object, "connections");
  s.unreadable_dirs = count_in(object, "unreadable_dirs");
  s.log_lines_dropped = count_in(object, "log_lines_dropped");
  s.seconds = number_in(object, "seconds"), s.files_per_second = number_in(object, "files_per_second");
  read_latency(object, s);
  const auto& window = member_of(object, "window");
  if (!window.is_object()) throw flaw{"\"window\" is no object"};
  s.window_min = count_in(window, "min"), s.window_max = count_in(window, "max");
  s.window_last = count_in(window, "last"), s.window_changes = count_in(window, "changes");
  read_reasons(object, s);
  read_optional(object, s);
  return s;
}

}  // namespace

read_summary parse_summary(const std::string& text) try {
  return {summary_of(json::parse(text)), {}};
} catch (const json::parse_error& e) {
  const bool torn = e.byte > text.size();
  return {{}, text.empty() ? "it is empty" : torn ? "it is torn: its end is missing" : "it is no JSON"};
} catch (const json::exception&) {
  return {{}, "a number in it is too large for anything"};
} catch (const flaw& f) {
  return {{}, f.what()};
}

}  // namespace sluice::cli
