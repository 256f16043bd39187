// A run's progress and its end, as text.
#pragma once

#include <sluice/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

/// `12,345`.
std::string grouped(std::uint64_t n);
/// Writes so many digits behind the point.
std::string fixed(double v, int digits);
/// `share` of 1, as `37 %`.
std::string percent(double share);
/// Writes a number a second: `3.2`, `12,345`.
std::string rate(double per_second);
/// `1.2 GB`, `834 kB`, `17 B`: powers of 1000.
std::string human_bytes(double bytes);
/// `0:07`, `12:41`, `3:05:12`.
std::string human_time(double seconds);

/// The figures of the last second or so that the display needs.
struct pace {
  double files_per_second = 0, bytes_per_second = 0;
};

/// `reads its job log, 37 %`, while a run that resumes does so; nothing is sent before.
std::optional<std::string> log_text(const progress& p);
/// `[=====>    ]  54 % 12,345/23,000  9,870/s  310 MB/s  0:01 left  3 failed`; at most `columns` wide: the
/// bar goes first, then the figures in its middle, and failures last.
std::string progress_bar(const progress& p, const pace& now, std::size_t columns,
                         const std::string& window = {});
/// The same figures without a state: `0:41  12,345 accepted  9,870/s  310 MB/s  24 in flight  3 failed`.
std::string figures_text(const progress& p, const pace& now);
/// The same for a log, with a state that an operator should see.
std::string progress_line(const progress& p, const pace& now);
/// `through http://proxy:3128 (HTTPS_PROXY)`; empty where no proxy is used.
std::string proxy_text(const used_proxy& p);
/// `  window 24, 24 in flight (faster)`, for behind either; `last` is empty while it has not changed.
std::string window_text(const progress& p, std::string_view last);
/// The line of a followed source, its failures and what waits last; at most `columns` wide.
std::string followed_bar(const progress& p, const pace& now, std::chrono::system_clock::time_point at,
                         std::size_t columns);
/// `  window 24  1,204 waiting, the oldest since 0:41`, for behind a followed source's line.
std::string followed_text(const progress& p, std::chrono::system_clock::time_point now);
/// How long the oldest file waits, seconds; 0 where none does.
double oldest_age(const progress& p, std::chrono::system_clock::time_point now);
/// `rejected: 300 × status 404 (no such room), e.g. 'cam1/a.jpg'`: at most five, the most frequent first, and
/// one for names that are not there.
std::vector<std::string> reason_lines(const std::vector<failure_reason>& reasons);
/// `; …`: which option mends what `detail` tells; empty: none.
std::string remedy_for(std::string_view detail);
/// The counts, and why files were not accepted.
std::string summary_text(const run_summary& s);

}  // namespace sluice::cli
