// Results: of one upload, of a run, and of a run under way.
//
//     const auto tell = [](boost::system::error_code, const sluice::run_summary& s) {
//       std::cout << s.counts[sluice::fate::accepted] << " of " << s.counts.total() << '\n';
//     };
//     up.async_drain(sluice::source::directory("spool"), tell);
#pragma once

#include <sluice/detail/export.hpp>
#include <sluice/endpoint.hpp>
#include <sluice/fate.hpp>
#include <sluice/latency_histogram.hpp>
#include <sluice/shard.hpp>

#include <array>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

/// The outcome of one upload. A refused upload is no error of the operation: see `fate` and `error`.
struct upload_result {
  sluice::fate fate = fate::deferred;
  int status = 0;                        ///< status of the last complete reply; 0: none came
  unsigned attempts = 0;                 ///< attempts made in this run
  std::string response;                  ///< first 1 KiB of that reply's body, as received
  std::chrono::milliseconds elapsed{0};  ///< time from acceptance to the final outcome, waits included
  boost::system::error_code error;       ///< why the fate is not `accepted`; none when it is
};

/// The end of a file's name.
enum class disposed {
  kept,     ///< the file is where it was
  deleted,  ///< the file is removed, or about to be: config::job_log is written before the last step
  moved,    ///< the same of a move
};

/// The lower-case word used in job logs.
constexpr std::string_view to_string(disposed d) noexcept {
  constexpr std::array<std::string_view, 3> names{"kept", "deleted", "moved"};
  return names[static_cast<std::size_t>(d)];
}

/// A rule of success_rule that a reply disproves: the server has other bytes than were sent.
struct disproof {
  std::string rule;          ///< the rule's text
  std::string ours, theirs;  ///< the values, as the rule writes them and as the server does
};

/// One finished file: a line of the job log.
struct file_record {
  std::uint64_t seq = 0;  ///< 1 for the first file of the run
  std::chrono::system_clock::time_point time;
  std::string path;  ///< raw bytes, as the source named it
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  sluice::fate fate = fate::deferred;
  int status = 0;
  unsigned attempts = 0;
  std::string key;  ///< idempotency key; empty when the file was never opened
  disposed disposal = disposed::kept;
  std::chrono::microseconds elapsed{0};  ///< time of the last attempt
  std::uint64_t bytes = 0;               ///< request bytes of the last attempt that reached the kernel
  std::string response;                  ///< first 1 KiB of the reply's body, as received
  boost::system::error_code error;       ///< why the fate is not `accepted`; none when it is
  std::string reason;                    ///< the same for people: `error` in the job log
  /// XXH3 of the bytes, where a confirmed file could not be taken away.
  std::optional<std::uint64_t> digest = std::nullopt;
  std::optional<disproof> disproved = std::nullopt;  ///< the rule that is broken, with fate::corrupted
};

/// Returns the record as one JSON object without a line end. Bytes that are not UTF-8 are carried losslessly:
/// `path_b64` and `response_b64` (RFC 4648 §4) stand beside a readable `path` and `response`.
///
/// **Errors.** Throws std::bad_alloc only. **Thread safety.** Safe.
SLUICE_API std::string to_json(const file_record& record);

/// Latency of complete exchanges, milliseconds, from a histogram that is right to within 0.4 %.
struct latency_summary {
  double p50 = 0, p90 = 0, p99 = 0, max = 0;
};

/// Why a run ended.
enum class stop_reason {
  complete,           ///< the source was walked to its end and nothing is left to try
  cancelled,          ///< cancel() or the operation's cancellation
  out_of_time,        ///< limit_options::max_duration
  too_many_errors,    ///< limit_options::max_errors
  unreachable,        ///< the endpoint cannot be reached
  refused,            ///< the endpoint refuses us: TLS identity, 401/403/407, redirects
  source_unreadable,  ///< the source could not be opened or read to its end
  locked,             ///< another instance holds the source
  record_failed,      ///< the job log could not be read or written
};

/// The lower-case word used in summaries; `unknown` for a value that is none of them.
constexpr std::string_view to_string(stop_reason reason) noexcept {
  constexpr std::array<std::string_view, 9> names{"complete",          "cancelled",   "out_of_time",
                                                  "too_many_errors",   "unreachable", "refused",
                                                  "source_unreadable", "locked",      "record_failed"};
  const auto n = static_cast<std::size_t>(reason);
  return n < names.size() ? names[n] : "unknown";
}

/// Why files of one fate were not accepted, or could not be removed: those with the same reason, but for what
/// differs from file to file (names, numbers).
struct failure_reason {
  sluice::fate fate = fate::deferred;
  std::uint64_t count = 0;
  std::string reason;   ///< the first one's; `other reasons` for what came after the first 16 of them
  std::string example;  ///< the first one's path, raw bytes
};

/// Figures that are counted while a run is under way, and told when it has ended.
struct run_figures {
  sluice::counts counts;  ///< files by their fate; all that were seen: `counts.total()`
  std::uint64_t deleted = 0, moved = 0;
  std::uint64_t bytes = 0;              ///< file bytes of accepted files
  std::uint64_t sent_bytes = 0;         ///< request bytes that reached the kernel, of all attempts
  std::uint64_t attempts = 0;           ///< requests begun
  std::uint64_t retries = 0;            ///< attempts after a file's first
  std::uint64_t unknown_outcomes = 0;   ///< the whole request may have left, and no complete reply was judged
  std::uint64_t connections = 0;        ///< TCP connections opened
  std::uint64_t log_lines_dropped = 0;  ///< job-log lines that a full disk or a slow reader did not take
  std::uint64_t bad_lines = 0;          ///< lines of source::manifest() that name no file
  std::uint64_t folders_deleted = 0;    ///< emptied folders that were removed (config::delete_empty_dirs)
};

/// The proxy through which an endpoint is reached.
struct used_proxy {
  std::string url;   ///< scheme, host and port, without user and password; empty: none is used
  std::string from;  ///< proxy_options::from
};

/// The report of a run.
struct run_summary : run_figures {
  std::uint64_t unreadable_dirs = 0;  ///< directories that could not be listed
  std::chrono::system_clock::time_point began{};
  /// Emptied folders that stay, because a writer may still be at work in them (config::delete_empty_dirs).
  std::uint64_t folders_left = 0;
  double seconds = 0;
  double files_per_second = 0;  ///< accepted
  latency_summary latency_ms;
  /// The histogram that `latency_ms` is made of, so that those of several runs can be added up.
  std::vector<latency_histogram::step> latency_steps;
  std::size_t window_min = 0, window_max = 0, window_last = 0;
  std::uint64_t window_changes = 0;  ///< changes of an automatic window, as config::on_window tells them
  used_proxy proxy;
  std::uint64_t runs = 1;              ///< runs that were added up
  std::optional<sluice::shard> shard;  ///< selection::shard
  std::optional<int> exit_code;        ///< exit code of the program; the library sets none
  stop_reason reason = stop_reason::complete;
  std::string detail;                   ///< one line for people when `reason` is not `complete`
  std::vector<failure_reason> reasons;  ///< the most frequent first; bounded
  /// Records, with drain_options::collect(): one for each file seen, in the order of the source.
  std::vector<file_record> records;
};

/// Returns the summary as one JSON object, indented by two spaces, without a line end.
///
/// **Errors.** Throws std::bad_alloc only. **Thread safety.** Safe.
SLUICE_API std::string to_json(const run_summary& summary);

/// A message that an operator should know at once, told while a run is under way: config::on_notice.
struct notice {
  /// The subject of a notice.
  enum class kind {
    settling,  ///< files wait for the settle time: the system does not say whether they are being written
    not_removable,      ///< a folder sends nothing more, because its files cannot be taken away
    record_failed,      ///< a line of the job log could not be written: the run ends
    unanswered,         ///< the endpoint takes nothing: no answer in time, none that is trusted, or none that
                        ///< confirms
    odd_name,           ///< a file's name has a backslash, which several servers read as something else
    log_not_compacted,  ///< the job log could not be made shorter, and goes on as it is
    corrupted,          ///< the server has other bytes than were sent
    shared_source,  ///< the source is on a network file system, where a lock is seen by this machine alone
    folder_stays,   ///< an emptied folder could not be removed
    sidecar_stays,  ///< a side-car could not be taken away after its file
    bad_line,       ///< a line of a manifest names no file
  };
  kind what = kind::settling;
  std::string text;  ///< one line for people, safe for a terminal: what, why and how to mend it
};

/// A snapshot of a run under way. Cheap: it copies one short text.
struct progress : run_figures {
  std::optional<std::uint64_t> total;  ///< files in the source, once known (config::count_ahead)
  std::size_t in_flight = 0;
  std::size_t waiting = 0;  ///< ready, without a permit yet
  std::size_t backing_off = 0;
  std::size_t window = 0;
  std::chrono::milliseconds elapsed{0};
  std::chrono::milliseconds pause{0};  ///< the whole pool waits this much longer (Retry-After)
  endpoint_status endpoint;            ///< the one state of it all, since when and why
  /// The part of the job log that is read, 0 to 1, while a run that resumes reads it. It sends nothing
  /// before.
  std::optional<double> reading_log;
  // Figures of a followed source.
  std::optional<std::uint64_t> backlog;  ///< files in it that wait; nothing: not known yet
  /// The least modification time among them, or up to a quarter of a second before it; nothing: none waits,
  /// or it is not known yet.
  std::optional<std::chrono::system_clock::time_point> oldest;
  bool only_rescans = false;  ///< the kernel tells nothing of some directories: new files wait for a walk
};

}  // namespace sluice
