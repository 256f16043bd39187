// Puts files into a spool at a steady rate, and remembers what and when.
#pragma once

#include "support/files.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace soak {

using std::chrono::system_clock;

struct written {
  std::string sha256;               ///< of what it holds
  system_clock::time_point closed;  ///< by its writer, or moved in
  unsigned received = 0;            ///< whole, by the endpoint
};

/// Every other file is written under its own name, the rest under another and renamed; a new folder after
/// `in_a_folder`, and the one before last is removed if it is empty.
class writer {
 public:
  writer(std::filesystem::path spool, double per_second, std::uint64_t in_a_folder);

  /// Writes what is due by now; at most a hundred at once, so that a machine that cannot keep up says so.
  void catch_up(std::chrono::steady_clock::time_point now);
  std::uint64_t count() const noexcept { return count_; }
  /// How many it should have written by now.
  std::uint64_t due(std::chrono::steady_clock::time_point now) const;

  std::unordered_map<std::string, written> files;  ///< by base name, each its own

 private:
  void write_one();

  std::filesystem::path spool_, folder_;
  double per_second_;
  std::uint64_t in_a_folder_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t count_ = 0;
};

}  // namespace soak
