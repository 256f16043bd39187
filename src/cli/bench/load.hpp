// The load is what is sent: bodies from memory, or files.
#pragma once

#include <sluice/upload_request.hpp>

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace sluice::cli {

/// Sizes of bodies from memory, bytes, both included.
struct size_range {
  std::uint64_t least = 32 * 1024, most = 32 * 1024;
};

/// Request after request, without end; the same ones in the same order in each run.
class load {
 public:
  static constexpr std::uint64_t seed = 1;

  explicit load(size_range sizes);
  /// `names` below `directory`, in turn; not empty.
  load(std::filesystem::path directory, std::vector<std::string> names);

  upload_request next();

 private:
  std::filesystem::path directory_;
  std::vector<std::string> names_;
  std::size_t turn_ = 0;
  std::mt19937_64 random_{seed};
  std::uniform_int_distribution<std::uint64_t> size_{0, 0};
  std::string noise_;  ///< bodies are pieces of it: they cannot be compressed, and few are alike
};

}  // namespace sluice::cli
