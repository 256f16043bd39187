// What comes back: of one upload, of a run, while it runs.
#pragma once

#include <sluice/detail/export.hpp>
#include <sluice/fate.hpp>

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// The outcome of one upload. A refused upload is no error of the operation: see `fate` and `error`.
struct upload_result {
  sluice::fate fate = fate::deferred;
  int status = 0;                        ///< of the last complete reply; 0: none came
  unsigned attempts = 0;                 ///< attempts made in this run
  std::string response;                  ///< first 1 KiB of that reply's body, as received
  std::chrono::milliseconds elapsed{0};  ///< from acceptance to the final outcome, waits included
  boost::system::error_code error;       ///< why the fate is not `accepted`; none when it is
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
  std::string key;       ///< idempotency key; empty when the file was never opened
  std::string disposal;  ///< `kept`, `deleted`, `moved`, and `delete`, `move` while that is still to come
  std::chrono::microseconds elapsed{0};  ///< of the last attempt
  std::uint64_t bytes = 0;               ///< request bytes of the last attempt that reached the kernel
  std::string response;                  ///< first 1 KiB of the reply's body, as received
  std::string error;                     ///< empty, or why the fate is not `accepted`
};

/// The record as one JSON object without a line end. Bytes that are not UTF-8 are carried losslessly:
/// `path_b64` and `response_b64` (RFC 4648 §4) stand beside a readable `path` and `response`.
SLUICE_API std::string to_json(const file_record& record);

/// Latency of complete exchanges, milliseconds, from a histogram with less than 2 % error.
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
  record_failed,      ///< the job log could not be written
};

/// Counts of a run. `seen = accepted + rejected + deferred + changed + vanished + skipped`.
struct run_summary {
  std::uint64_t seen = 0;
  std::uint64_t accepted = 0, rejected = 0, deferred = 0, changed = 0, vanished = 0, skipped = 0;
  std::uint64_t undeletable = 0;  ///< of those accepted
  std::uint64_t deleted = 0, moved = 0;
  std::uint64_t bytes = 0;              ///< file bytes of accepted files
  std::uint64_t sent_bytes = 0;         ///< request bytes that reached the kernel, of all attempts
  std::uint64_t attempts = 0;           ///< requests begun
  std::uint64_t retries = 0;            ///< of those, after a file's first
  std::uint64_t unknown_outcomes = 0;   ///< the whole request may have left, and no complete reply was judged
  std::uint64_t connections = 0;        ///< TCP connections opened
  std::uint64_t unreadable_dirs = 0;    ///< directories that could not be listed
  std::uint64_t log_lines_dropped = 0;  ///< job-log lines that a full disk or a slow reader did not take
  double seconds = 0;
  double files_per_second = 0;  ///< accepted
  latency_summary latency_ms;
  std::size_t window_min = 0, window_max = 0, window_last = 0;
  std::uint64_t window_changes = 0;  ///< of an automatic window, as config::on_window tells them
  stop_reason reason = stop_reason::complete;
  std::string detail;  ///< one line for people when `reason` is not `complete`
  /// With drain_options::collect: one for each file seen, in the order of the source.
  std::vector<file_record> records;
};

/// One JSON object, indented by two spaces, without a line end.
SLUICE_API std::string to_json(const run_summary& summary);

/// A snapshot of a run under way. Cheap: no allocation.
struct progress {
  std::uint64_t seen = 0;
  std::uint64_t accepted = 0, rejected = 0, deferred = 0, changed = 0, vanished = 0, skipped = 0;
  std::uint64_t bytes = 0;       ///< file bytes of accepted files
  std::uint64_t sent_bytes = 0;  ///< request bytes that reached the kernel
  std::uint64_t attempts = 0;
  std::optional<std::uint64_t> total;  ///< files in the source, once known (config::count_ahead)
  std::size_t in_flight = 0;
  std::size_t waiting = 0;  ///< ready, without a permit yet
  std::size_t backing_off = 0;
  std::size_t window = 0;
  std::uint64_t undeletable = 0;  ///< of those accepted
  std::uint64_t deleted = 0, moved = 0;
  std::uint64_t retries = 0, unknown_outcomes = 0, connections = 0;
  std::chrono::milliseconds elapsed{0};
  std::chrono::milliseconds pause{0};  ///< the whole pool waits this much longer (Retry-After, breaker)
  bool paused = false;                 ///< uploader::pause() holds back what is new
  bool unreachable = false;            ///< the endpoint fails again and again: one request at a time looks
  // Of a followed source.
  std::optional<std::uint64_t> backlog;  ///< files in it that wait, as its last walk found them
  std::optional<std::chrono::system_clock::time_point> oldest;  ///< the least modification time among them
  bool only_rescans = false;  ///< the kernel tells nothing of some directories: new files wait for a walk
};

}  // namespace sluice
