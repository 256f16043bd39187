// The files of --trace and --keylog.
#pragma once

#include "cli/options/trace_options.hpp"
#include "line_file.hpp"

#include <functional>
#include <optional>
#include <string>

namespace sluice::cli {

/// Outlives the uploaders that it observes. A file that takes no more costs lines, is told once, and never
/// ends a run.
class network_trace {
 public:
  /// Opens the files. `say` puts a line on standard error.
  network_trace(trace_plan plan, std::function<void(const std::string&)> say);
  network_trace(const network_trace&) = delete;

  /// Why a run cannot begin, in one line; empty: it can.
  std::string find_problem() const;
  /// Sets the observers that were asked for.
  void observe(config& cfg);

 private:
  void tell(const trace_event& e);
  void tell_loss(const char* option, const std::string& path, const line_file& file);

  trace_plan plan_;
  std::function<void(const std::string&)> say_;
  std::optional<line_file> trace_, keys_;
};

}  // namespace sluice::cli
