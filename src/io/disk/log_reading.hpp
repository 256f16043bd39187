// Reading the job log of earlier runs, in slices.
#pragma once

#include "core/report/record_scanner.hpp"
#include "io/disk/accepted_keys.hpp"
#include "io/disk/log_lines.hpp"

#include <memory>

namespace sluice::io {

class log_reading {
 public:
  /// `into` outlives it.
  log_reading(std::unique_ptr<log_bytes> from, accepted_keys& into) : lines_{std::move(from)}, into_{into} {}

  /// Does a part of it that takes a fraction of a millisecond. True while there is more to be done. Lines
  /// that are no records (a torn last one) are passed over.
  bool step(error_code& ec) {
    if (!read_) {
      read_ = !lines_.step(
          [this](std::string_view line, bool whole) {
            if (!whole) return;
            if (const auto record = scanner_.read(line)) into_.note(*record);
          },
          ec);
      return !ec;
    }
    return into_.settle();
  }
  /// The part of the log that is read, 0 to 1.
  double part() const noexcept {
    const auto size = lines_.size();
    return size == 0 || lines_.at() >= size ? 1
                                            : static_cast<double>(lines_.at()) / static_cast<double>(size);
  }

 private:
  log_lines lines_;
  accepted_keys& into_;
  core::record_scanner scanner_;
  bool read_ = false;
};

}  // namespace sluice::io
