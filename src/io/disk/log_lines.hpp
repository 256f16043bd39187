// The lines of a job log, piece by piece.
#pragma once

#include "io/world/log_bytes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace sluice::io {

/// A piece is small enough for one turn of the loop.
class log_lines {
 public:
  /// Called with each line, without its end; `whole` is false for one that is longer than any record, of
  /// which only the beginning is there.
  using taker = std::function<void(std::string_view line, bool whole)>;

  explicit log_lines(std::unique_ptr<log_bytes> from);
  /// Reads a piece. True while there may be more.
  bool step(const taker& take, error_code& ec);
  /// Bytes that were read.
  std::uint64_t at() const noexcept { return at_; }
  std::uint64_t size() const noexcept { return from_->size(); }

 private:
  void cut(const taker& take);
  void end(const taker& take);

  std::unique_ptr<log_bytes> from_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::uint64_t at_ = 0;
  bool too_long_ = false;  ///< the rest of a line is passed over
};

}  // namespace sluice::io
