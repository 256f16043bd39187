// The endpoint of a soak, which goes through all that endpoints go through.
#pragma once

#include "support/files.hpp"
#include "support/process.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace soak {

struct written;

/// How the endpoint is.
enum class health {
  well,
  away,  ///< the port is closed
  slow,  ///< the endpoint takes a third of a second for each file, and says 503 to some of them first
  busy,  ///< the endpoint says 503 with Retry-After to everything
  hung,  ///< the endpoint is stopped
};

class endpoint {
 public:
  explicit endpoint(const std::filesystem::path& ledger);

  /// The port stays the same.
  void become(health h);
  const std::string& url() const noexcept { return url_; }

 private:
  void start(const char* rules);
  void stop();

  std::string ledger_, port_ = "0", url_;
  std::optional<support::process> sink_;
  health health_ = health::away;
};

/// Reads lines of JSON as they come.
class growing_lines {
 public:
  explicit growing_lines(const std::filesystem::path& file) : in_{file, std::ios::binary} {}
  /// The next whole line, or nothing yet.
  std::optional<std::string> next();

 private:
  std::ifstream in_;
  std::string line_;
};

/// Reads the endpoint's ledger.
class ledger {
 public:
  explicit ledger(const std::filesystem::path& file) : lines_{file} {}

  void read(std::unordered_map<std::string, written>& files);

  std::uint64_t requests = 0, accepted = 0, rejected = 0;  ///< requests, and what was decided about them
  std::uint64_t received = 0;                              ///< different files
  std::uint64_t strange = 0;                               ///< the writer made no such file
  std::vector<double> late_ms;                             ///< times of calm files, from close to receipt
  std::string latest;

 private:
  void read_line(const std::string& line, std::unordered_map<std::string, written>& files);

  growing_lines lines_;
  double latest_ms_ = 0;
};

}  // namespace soak
