// The display is what a person sees while a run is under way.
#pragma once

#include "cli/send/send_plan.hpp"
#include "console.hpp"
#include "pace_meter.hpp"
#include "progress_text.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

namespace sluice::cli {

/// Progress as a bar (one line, where there is no end) or as lines, and a line per file with --verbose.
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
  std::string text_of(const progress& p, const pace& now) const;
  console console_;
  boost::asio::steady_timer timer_;
  style style_;
  std::chrono::milliseconds interval_;
  bool endless_, verbose_, json_;
  std::string_view last_change_;  ///< the last change of the window
  std::function<progress()> look_;
  pace_meter meter_;
};

}  // namespace sluice::cli
