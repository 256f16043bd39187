// A summary as `--summary` writes it becomes values again.
#pragma once

#include <sluice/result.hpp>

#include <string>

namespace sluice::cli {

struct read_summary {
  run_summary summary;
  std::string problem;  ///< why the text is no summary; empty: it is one
};

/// Reads what to_json(run_summary) wrote, or a program that adds members of its own. Without an exit code in
/// it, the one that the reason of the end stands for.
read_summary parse_summary(const std::string& text);

}  // namespace sluice::cli
