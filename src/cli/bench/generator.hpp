// Loads an endpoint with one window, and measures.
#pragma once

#include "load.hpp"
#include "load_course.hpp"
#include "measurement.hpp"
#include "tally.hpp"

#include <sluice/uploader.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace sluice::cli {

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

  /// Runs to the end of the last request. Once.
  boost::asio::awaitable<void> run();
  /// Ends it now; what has been measured stays.
  void stop();

  /// The uploader that sends the requests.
  uploader& sender() noexcept { return up_; }

  step_report report(std::string window) const;
  bool accepted_any() const noexcept { return tally_.accepted() > 0; }
  /// Why it ended early, in one line; empty when it did not.
  const std::string& gave_up() const noexcept { return tally_.gave_up(); }
  wall what_stands() const noexcept { return tally_.what_stands(); }

  struct glance {
    double seconds = 0;  ///< seconds since the first request
    std::uint64_t accepted = 0, failed = 0;
    std::size_t in_flight = 0;
  };
  glance look() const;

 private:
  using usage = measurement::usage;
  struct measured_time {
    clock::time_point ended;
    usage used{};
  };

  void fill();
  bool may_begin(clock::time_point now) const;
  std::size_t begin_one(clock::time_point now);
  void ended(const load_course::turn& t, boost::system::error_code ec, const upload_result& r);
  void post_fill();
  void wake_when_due();
  boost::asio::awaitable<void> sleep_until(clock::time_point t);

  load& load_;
  load_course course_;
  tally tally_;
  measurement measured_;
  measured_time span_;
  boost::asio::steady_timer news_;  ///< ends early when something has happened
  boost::asio::steady_timer pace_;
  std::unordered_map<std::uint64_t, attempt_record>
      attempts_;  ///< attempts of requests whose end is still to be told
  std::uint64_t in_flight_ = 0;
  bool stopped_ = false;
  bool posted_ = false;  ///< a fill() comes after what else the loop has to do
  uploader up_;          ///< last: it tells us of attempts until it is gone
};

}  // namespace sluice::cli
