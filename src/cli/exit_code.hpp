// The exit codes of docs/options.md.
#pragma once

#include <sluice/result.hpp>

namespace sluice::cli {

enum class exit_code : int {
  done = 0,         ///< every selected file accepted and disposed of
  some_failed = 1,  ///< some files were not
  usage = 2,        ///< usage or configuration; nothing sent
  source = 3,       ///< source unreadable
  unreachable = 5,  ///< endpoint unreachable, stopped early
  refused = 7,      ///< endpoint refuses us, stopped early
  out_of_time = 10,
  locked = 11,      ///< another instance holds the source
  signalled = 128,  ///< plus the signal's number
};

/// Total over all ways a run can end. `signal` is the one that stopped it, or 0.
constexpr int exit_code_of(const run_summary& s, int signal) noexcept {
  const auto code = [](exit_code c) { return static_cast<int>(c); };
  switch (s.reason) {
    case stop_reason::complete: {
      const bool all = s.counts.failures() + s.unreadable_dirs + s.log_lines_dropped + s.bad_lines == 0;
      return code(all ? exit_code::done : exit_code::some_failed);
    }
    case stop_reason::cancelled:
      return code(exit_code::signalled) + signal;
    case stop_reason::out_of_time:
      return code(exit_code::out_of_time);
    case stop_reason::too_many_errors:
      return code(exit_code::some_failed);
    case stop_reason::unreachable:
      return code(exit_code::unreachable);
    case stop_reason::refused:
      return code(exit_code::refused);
    case stop_reason::source_unreadable:
      return code(exit_code::source);
    case stop_reason::locked:
      return code(exit_code::locked);
    case stop_reason::record_failed:  // when it is opened, or while it is written
      return code(s.counts.total() == 0 ? exit_code::usage : exit_code::some_failed);
  }
  return code(exit_code::some_failed);
}

}  // namespace sluice::cli
