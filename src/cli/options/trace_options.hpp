// The options by which somebody sees what happens on the network.
#pragma once

#include "option_reader.hpp"

#include <sluice/config.hpp>

#include <string>
#include <vector>

namespace sluice::cli {

struct trace_plan {
  std::string trace;    ///< file, `-` for standard error, or empty
  std::string key_log;  ///< file, or empty
  bool json = false;    ///< lines of the trace are objects
};

/// The files are files of the program's own (`cfg.own_files`). Nothing is made or opened.
trace_plan read_trace(const raw_options& options, option_reader& r, config& cfg,
                      std::vector<std::string>& warnings);

}  // namespace sluice::cli
