// Loads an endpoint with one window, and measures.
#pragma once

#include "load.hpp"
#include "measurement.hpp"
#include "schedule.hpp"

#include <sluice/uploader.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace sluice::cli {

/// How long, how much, how fast.
struct load_plan {
  std::chrono::milliseconds warm_up{1000}, duration{10'000}, grace{10'000};
  std::uint64_t count = 0;  ///< measure so many instead of so long; 0: as long as `duration`
  double rate = 0;          ///< requests a second, open loop; 0: closed loop
};

/// Closed loop: as many requests in flight as the window holds, each followed by the next. Open loop:
/// requests begin when the schedule says; those for which the window has no room wait, and their latency
/// counts from when they were to begin, so that a server that stalls cannot hide it (no coordinated
/// omission). Owned by a shared pointer.
class generator : public std::enable_shared_from_this<generator> {
 public:
  using clock = sample::clock;

  /// `proven`: the endpoint has accepted a request before.
  generator(boost::asio::any_io_executor executor, config cfg, const load_plan& plan, load& from,
            bool proven);
  generator(const generator&) = delete;

  /// To the end of the last request. Once.
  boost::asio::awaitable<void> run();
  /// Ends it now; what has been measured stays.
  void stop();

  step_report report(std::string window) const;
  bool accepted_any() const noexcept { return accepted_ > 0; }
  /// Why it ended early, in one line; empty when it did not.
  const std::string& gave_up() const noexcept { return gave_up_; }
  wall what_stands() const noexcept { return wall_; }

  struct glance {
    double seconds = 0;  ///< since the first request
    std::uint64_t accepted = 0, failed = 0;
    std::size_t in_flight = 0;
  };
  glance look() const;

 private:
  using usage = measurement::usage;

  void fill();
  bool may_begin(clock::time_point now);
  std::size_t begin_one(clock::time_point now);
  void ended(std::uint64_t seq, bool measured, clock::time_point intended, boost::system::error_code ec,
             const upload_result& r);
  void count(const sample& s);
  void post_fill();
  void note_never_begun(clock::time_point now);
  void wake_when_due();
  boost::asio::awaitable<void> sleep_until(clock::time_point t);

  boost::asio::any_io_executor executor_;
  load_plan plan_;
  load& load_;
  clock::time_point started_, begin_, end_, wake_at_{};
  std::optional<schedule> schedule_;
  measurement measured_;
  boost::asio::steady_timer news_;  ///< ends early when something has happened
  boost::asio::steady_timer pace_;
  std::unordered_map<std::uint64_t, attempt_record> attempts_;  ///< of requests whose end is still to be told
  std::uint64_t begun_ = 0, in_flight_ = 0, to_measure_ = 0, left_to_measure_ = 0;
  std::uint64_t accepted_ = 0, failed_ = 0;
  bool proven_, stopped_ = false, posted_ = false;
  wall wall_ = wall::none;
  std::string gave_up_;
  usage at_begin_, used_;
  clock::time_point really_ended_;
  uploader up_;  ///< last: it tells us of attempts until it is gone
};

}  // namespace sluice::cli
