// The bytes of a job log on disk.
#pragma once

#include "io/disk/unique_fd.hpp"
#include "io/world/log_bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

namespace sluice::io {

class log_file final : public log_bytes {
 public:
  /// Null for a file that is missing, or none to be read (a pipe would be waited for, and a device may have
  /// no end): as good as empty.
  static std::unique_ptr<log_file> open(const std::filesystem::path& path, error_code& ec);
  /// Reads `fd`, which outlives it, up to `end`.
  log_file(int fd, std::uint64_t end) noexcept : fd_{fd}, end_{end} {}

  std::size_t read(std::span<char> into, error_code& ec) override;
  std::uint64_t size() const noexcept override { return end_; }

 private:
  unique_fd own_;
  int fd_ = -1;
  std::uint64_t at_ = 0, end_ = 0, asked_ = 0;
};

}  // namespace sluice::io
