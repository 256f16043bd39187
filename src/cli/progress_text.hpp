// A run's progress and its end, as text.
#pragma once

#include <sluice/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::cli {

/// `12,345`.
std::string grouped(std::uint64_t n);
/// With so many digits behind the point.
std::string fixed(double v, int digits);
/// Of so many a second: `3.2`, `12,345`.
std::string rate(double per_second);
/// `1.2 GB`, `834 kB`, `17 B`: powers of 1000.
std::string human_bytes(double bytes);
/// `0:07`, `12:41`, `3:05:12`.
std::string human_time(double seconds);

/// What the display needs of the last second or so.
struct pace {
  double files_per_second = 0, bytes_per_second = 0;
};

/// `[=====>    ]  54 % 12,345/23,000  9,870/s  310 MB/s  0:01 left  3 failed`; at most `columns` wide.
std::string progress_bar(const progress& p, const pace& now, std::size_t columns);
/// The same figures for a log.
std::string progress_line(const progress& p, const pace& now);
/// `  window 24, 24 in flight (faster)`, for behind either; `last` is empty while it has not changed.
std::string window_text(const progress& p, std::string_view last);
/// `  window 24  1,204 waiting, the oldest since 0:41  paused`, for behind a followed source's line.
std::string followed_text(const progress& p, std::chrono::system_clock::time_point now);
/// How long the oldest file waits, seconds; 0 where none does.
double oldest_age(const progress& p, std::chrono::system_clock::time_point now);
/// Two or three lines.
std::string summary_text(const run_summary& s);

}  // namespace sluice::cli
