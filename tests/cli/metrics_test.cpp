#include "cli/monitor/metrics.hpp"

#include <sluice/error.hpp>
#include <sluice/version.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
const instant metrics_start{};

TEST(metrics, have_every_label_from_the_start) {
  metrics m;
  const auto lines = lines_of(m.text(telemetry{}, {}));
  for (const auto f : all_fates)
    EXPECT_THAT(lines, Contains("sluice_files_total{fate=\"" + std::string{to_string(f)} + "\"} 0"));
  for (const auto* word : {"accepted", "rejected", "transient", "unknown"})
    EXPECT_THAT(lines, Contains("sluice_attempts_total{verdict=\"" + std::string{word} + "\"} 0"));
  for (const auto word : phase_names)
    EXPECT_THAT(lines,
                Contains("sluice_attempt_duration_seconds_count{phase=\"" + std::string{word} + "\"} 0"));
  EXPECT_THAT(lines, Contains("sluice_window_changes_total{reason=\"limited\"} 0"));
  EXPECT_THAT(lines, Contains("sluice_build_info{version=\"" + std::string{version} + "\"} 1"));
  EXPECT_THAT(lines, Contains("sluice_endpoint_up 1"));
  EXPECT_THAT(lines, Contains("# TYPE sluice_files_total counter"));
}

TEST(metrics, follow_the_telemetry) {
  telemetry t;
  file_record r;
  r.fate = fate::accepted, r.size = 1000;
  t.record(r), t.record(r);
  attempt_record a;
  a.verdict = verdict::unknown, a.attempt = 2, a.wait = 30ms;
  t.attempt(a);
  a.verdict = verdict::transient, a.error = errc::auth_refused, a.status = 401, a.wait = 0ms;
  t.attempt(a);
  window_change c;
  c.reason = window_reason::overload;
  t.change(c);
  progress p;
  p.in_flight = 3, p.window = 9, p.backlog = 12, p.backing_off = 2, p.pause = 2500ms;
  p.sent_bytes = 3000, p.connections = 4, p.unknown_outcomes = 1, p.log_lines_dropped = 5,
  p.only_rescans = true, p.folders_deleted = 6;
  p.endpoint = {endpoint_state::no_replies, metrics_start.wall - 7s, "late"};
  p.oldest = metrics_start.wall - 61s;
  t.sample(p, metrics_start);
  metrics m;
  const auto lines = lines_of(m.text(t, {}));
  for (const auto* line : {"sluice_files_total{fate=\"accepted\"} 2",
                           "sluice_bytes_total 2000",
                           "sluice_sent_bytes_total 3000",
                           "sluice_attempts_total{verdict=\"unknown\"} 1",
                           "sluice_retries_total 2",
                           "sluice_unknown_outcomes_total 1",
                           "sluice_refusals_total 1",
                           "sluice_connections_total 4",
                           "sluice_window_changes_total{reason=\"overload\"} 1",
                           "sluice_in_flight 3",
                           "sluice_window 9",
                           "sluice_backlog_files 12",
                           "sluice_backing_off_files 2",
                           "sluice_oldest_waiting_seconds 61",
                           "sluice_paused 0",
                           "sluice_endpoint_state{state=\"no replies\"} 1",
                           "sluice_endpoint_state{state=\"sending\"} 0",
                           "sluice_endpoint_state_seconds 7",
                           "sluice_log_lines_dropped_total 5",
                           "sluice_folders_deleted_total 6",
                           "sluice_pause_seconds 2.5",
                           "sluice_endpoint_up 0",
                           "sluice_only_rescans 1",
                           "sluice_attempt_duration_seconds_count{phase=\"wait\"} 1",
                           "sluice_attempt_duration_seconds_bucket{phase=\"wait\",le=\"0.025\"} 0",
                           "sluice_attempt_duration_seconds_bucket{phase=\"wait\",le=\"+Inf\"} 1"})
    EXPECT_THAT(lines, Contains(line));
}

TEST(metrics, of_what_is_not_known_have_no_sample) {
  metrics m;
  telemetry t;
  progress p;
  p.waiting = 128;
  const auto samples = [&] {
    t.sample(p, metrics_start);
    auto lines = lines_of(m.text(t, {}));
    std::erase_if(lines, [](const std::string& line) {
      return !line.starts_with("sluice_backlog") && !line.starts_with("sluice_oldest");
    });
    return lines;
  };
  EXPECT_THAT(samples(), IsEmpty());
  p.backlog = 0;
  EXPECT_THAT(samples(), UnorderedElementsAre("sluice_backlog_files 0", "sluice_oldest_waiting_seconds 0"));
  p.backlog.reset();
  EXPECT_THAT(samples(), IsEmpty());
}

TEST(metrics, count_what_is_new_once) {
  telemetry t;
  metrics m;
  attempt_record a;
  a.total = 2s;
  for (int i = 1; i <= 3; ++i) {
    t.attempt(a);
    process_figures process;
    process.cpu_seconds = 4 - i;
    const auto lines = lines_of(m.text(t, process));
    EXPECT_THAT(lines,
                Contains("sluice_attempt_duration_seconds_count{phase=\"total\"} " + std::to_string(i)));
    EXPECT_THAT(lines,
                Contains("sluice_attempt_duration_seconds_sum{phase=\"total\"} " + std::to_string(2 * i)));
    EXPECT_THAT(lines, Contains("process_cpu_seconds_total 3")) << "a counter never goes back";
  }
}

TEST(process_figures, are_those_of_this_process) {
  const auto now = process_figures::now();
  EXPECT_GT(now.cpu_seconds, 0);
  EXPECT_GT(now.resident_bytes.value_or(0), 1e6);
  EXPECT_GE(now.virtual_bytes.value_or(0), *now.resident_bytes);
  EXPECT_GE(now.open_files.value_or(0), 3);
  EXPECT_LE(now.open_files.value_or(1e9), now.most_files.value_or(1e9));
  const auto seconds =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LT(now.started.value_or(1e12), seconds + 1);
  EXPECT_GT(now.started.value_or(0), seconds - 3600);
}

}  // namespace
}  // namespace sluice::cli
