// The index of a job log: which lines are the newest of their files.
#pragma once

#include "core/report/record_scanner.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace sluice::io {

/// Lines are numbered from 0. A file that the server has is known by its key, and what else the log tells by
/// its path: so the newest line that resuming goes by stays, and beside it the newest one that tells of a
/// failure since.
///
/// The memory is a bit for each line, and at most 64 MiB. A log of more files takes several passes, each of
/// which has a part of them.
class log_index {
 public:
  /// `bytes`: of the log. `one_root`: a path names one file, so that what failed before it was accepted is
  /// past.
  log_index(std::uint64_t bytes, bool one_root);

  /// Begins a pass over all lines. False: there is none to be made any more.
  bool begin_pass();
  /// The next line of the pass.
  void add(const core::record_view& r);
  void add_other();
  /// Whether a line is the newest of its file; lines that are no records are.
  bool is_newest(std::uint64_t line) const noexcept { return line < newest_.size() && newest_[line]; }

 private:
  struct slot {
    std::uint64_t id = 0;
    std::uint64_t line = 0;  ///< the line's number plus 1; 0: the slot is free
  };
  struct release {
    void operator()(void* p) const noexcept { std::free(p); }
  };
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  bool is_of_this_pass(std::uint64_t id) const noexcept { return (id >> 40 & (parts_ - 1)) == part_; }
  slot& at(std::uint64_t id) const noexcept;
  void put(std::uint64_t id);
  void forget(std::uint64_t id);

  std::unique_ptr<slot[], release> slots_;
  std::size_t room_, used_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t parts_ = 1, part_ = 0;
  std::vector<bool> newest_;
  bool one_root_, begun_ = false, crowded_ = false;
};

}  // namespace sluice::io
