// The figures that are measured of one window, and what follows from them. No clock, no socket: times come in
// as values.
#pragma once

#include <sluice/attempt.hpp>
#include <sluice/latency_histogram.hpp>
#include <sluice/result.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// Milliseconds.
struct percentiles {
  std::uint64_t count = 0;
  double p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
};
percentiles percentiles_of(const latency_histogram& h) noexcept;

/// A request that has come to its end.
struct sample {
  using clock = attempt_record::clock;

  clock::time_point intended;  ///< when it was to begin
  clock::time_point ended;
  bool measured = false;  ///< begun neither in the warm-up nor after the end
  bool cut = false;       ///< an attempt that we ended says nothing of the server
  bool accepted = false;
  int status = 0;
  boost::system::error_code error;
  std::optional<attempt_record> attempt;  ///< empty: the upload never came to use the network
  std::size_t window = 0;                 ///< window as the upload ended
};

/// The uploads that ended within one second.
struct second {
  std::uint64_t accepted = 0, failed = 0, bytes = 0;
  std::size_t window = 0;  ///< the last seen
  double length = 1;       ///< length of the second; the last one may be shorter
};

/// One window's figures.
struct step_report {
  std::string window;
  double seconds = 0;
  std::uint64_t requests = 0, accepted = 0, failed = 0, unfinished = 0;  ///< begun in the measured time
  std::uint64_t unmeasured =
      0;  ///< begun in the warm-up or, after the last that counts, to keep the window full
  std::uint64_t connections = 0;                         ///< opened from the first request on
  double requests_per_second = 0, bytes_per_second = 0;  ///< accepted, ended in the measured time
  double cpu_seconds = 0, cpu_share = 0, cpu_us_per_request = 0;
  double cpu_wait_share = 0;  ///< share of the time in which it was ready to run while others had the core
  percentiles connect, handshake;  ///< times of all connections, the warm-up's too
  percentiles send, wait, total;   ///< times of accepted requests; total counts from when they were to begin
  percentiles late;                ///< open loop: how much later than intended they began
  std::map<std::string, std::uint64_t> errors;  ///< errors by kind; their sum is `failed`
  std::vector<second> per_second;
};

/// Gathers samples; memory grows by the second, not by the request.
class measurement {
 public:
  using clock = sample::clock;

  /// Measures what ends in [begin, end), or begins there.
  measurement(clock::time_point begin, clock::time_point end) : begin_{begin}, end_{end} {}
  void add(const sample& s);
  /// Requests whose turn never came.
  void never_begun(std::uint64_t n) noexcept { requests_ += n, unfinished_ += n; }

  struct usage {
    double cpu_seconds = 0, wall_seconds = 0;
    double waited_seconds = 0;  ///< ready to run, while others had the core
  };
  /// `stopped`: when the measured time really ended, which may be earlier.
  step_report report(std::string window, clock::time_point stopped, const usage& used) const;

 private:
  void note_phases(const sample& s);

  clock::time_point begin_, end_;
  std::uint64_t requests_ = 0, accepted_ = 0, failed_ = 0, unfinished_ = 0, unmeasured_ = 0, connections_ = 0;
  latency_histogram connect_, handshake_, send_, wait_, total_, late_;
  std::map<std::string, std::uint64_t> errors_;
  std::vector<second> per_second_;
};

/// `status 503`, `Connection refused`, …
std::string kind_of(const sample& s);

/// A wall in front of everything, as far as one failed request shows it.
enum class wall { none, unreachable, refused };
wall wall_of(const sample& s);

/// True when nothing was ever accepted: three in a row at a wall, or a hundred of any kind, say as much as
/// thousands.
constexpr bool is_hopeless(std::uint64_t accepted, std::uint64_t failed, wall last) noexcept {
  return accepted == 0 && failed >= (last == wall::none ? 100u : 3u);
}

/// An automatic window is none of the sizes that are compared.
bool is_fixed(const step_report& s);

/// The smallest fixed window that reaches 95 % of their best rate; nothing with fewer than two of them, or
/// when nothing was accepted.
std::optional<std::size_t> knee_of(const std::vector<step_report>& steps);

/// True when the client had something to do almost all the time: it used the one core that its one thread can
/// have, or waited for it.
constexpr bool client_was_the_limit(const step_report& s) noexcept {
  return s.cpu_share + s.cpu_wait_share > 0.9;
}

}  // namespace sluice::cli
