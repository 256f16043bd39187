// The things that all parts of a running watch work on.
#pragma once

#include "cli/terminal/display.hpp"
#include "plan.hpp"

#include <sluice/uploader.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>
#include <utility>

namespace sluice::cli {

struct watch_run {
  watch_run(const boost::asio::any_io_executor& executor, watch_plan p)
      : plan{std::move(p)}, show{executor, plan.base} {}

  /// The configuration in force: what is changed while it runs is changed here as well.
  config& in_force() noexcept { return plan.base.config; }
  const config& in_force() const noexcept { return plan.base.config; }
  void say(const std::string& text) { show.say("sluice: " + text); }
  /// Says it, unless the watch is to be quiet.
  void note(const std::string& text) {
    if (!plan.base.quiet) say(text);
  }

  watch_plan plan;
  display show;
  std::optional<uploader> up;  ///< empty while the first token is awaited
};

}  // namespace sluice::cli
