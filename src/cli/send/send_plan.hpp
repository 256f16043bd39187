// The plan says what a `send` is to do: options as text become a configuration, or problems.
#pragma once

#include "cli/options/raw_options.hpp"
#include "cli/options/trace_options.hpp"
#include "cli/secrets/secret_sources.hpp"

#include <sluice/sluice.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace sluice::cli {

struct send_plan {
  sluice::config config;
  sluice::source source = sluice::source::directories({});
  enum class progress_style { automatic, bar, line, none };
  progress_style progress = progress_style::automatic;
  std::chrono::milliseconds stats{10'000};
  secret_sources secrets;
  std::string summary;       ///< file, `-`, or empty
  std::string window_trace;  ///< file, or empty
  trace_plan trace;
  bool endless = false;  ///< a followed source: there is no end to show the way to
  bool verbose = false, quiet = false, log_json = false;
  std::vector<std::string> warnings;
};

/// All problems are added, each one line that names its option.
send_plan make_plan(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
