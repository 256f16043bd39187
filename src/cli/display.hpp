// What a person sees while a run is under way.
#pragma once

#include "console.hpp"
#include "progress_text.hpp"
#include "send_plan.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>

namespace sluice::cli {

/// Progress as a bar or as lines, and a line per file with --verbose.
class display {
 public:
  display(const boost::asio::any_io_executor& executor, const send_plan& plan);

  using style = send_plan::progress_style;
  style chosen() const noexcept { return style_; }
  void start(std::function<progress()> look);
  void stop(const run_summary& s);
  void file(const file_record& r);
  void window(const window_change& c) noexcept { last_change_ = to_string(c.reason); }
  void say(const std::string& text) { console_.line(text); }

 private:
  void tick();
  pace recent(const progress& p);

  console console_;
  boost::asio::steady_timer timer_;
  style style_;
  std::chrono::milliseconds interval_;
  bool verbose_, json_;
  std::string_view last_change_;  ///< of the window
  std::function<progress()> look_;
  std::deque<progress> past_;  ///< a few seconds of it, for the pace
};

}  // namespace sluice::cli
