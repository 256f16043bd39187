// Puts files into a spool at a steady rate, and remembers what and when.
#pragma once

#include "support/files.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace soak {

using std::chrono::steady_clock;
using std::chrono::system_clock;

struct written {
  std::string sha256;               ///< digest of the content
  system_clock::time_point closed;  ///< time of the writer's close, or of the move
  bool calm = false;                ///< no trouble was made then, and nothing waited
  unsigned received = 0;            ///< whole, by the endpoint
};

/// The truth about the source at one moment.
struct truth {
  steady_clock::time_point at{};
  std::uint64_t there = 0;    ///< files that have their names
  std::uint64_t refused = 0;  ///< files that the watch moved away, because the server said no
  std::uint64_t gone = 0;     ///< files that the watch removed
  std::uint64_t bytes_gone = 0;
  std::uint64_t deferred = 0, changed = 0,
                vanished = 0;         ///< lines of the job log, which are not of this look
  system_clock::time_point oldest{};  ///< the first modification of those that are there; none: the epoch
};

/// Every other file is written under its own name, the rest under another and renamed; a new folder after
/// `in_a_folder`, and the one before last is removed if it is empty. The names of some begin with `r`: the
/// endpoint says no to these, and the watch moves them to `refused`.
class writer {
 public:
  static constexpr std::uint64_t between_refused = 499;

  writer(std::filesystem::path spool, std::filesystem::path refused, double per_second,
         std::uint64_t in_a_folder);

  /// Writes what is due by now; at most a hundred at once, so that a machine that cannot keep up says so.
  void catch_up(steady_clock::time_point now);
  std::uint64_t count() const noexcept { return count_; }
  /// How many it should have written by now.
  std::uint64_t due(steady_clock::time_point now) const;
  /// The files from now on have the mark `calm`.
  void set_calm(bool on) noexcept { calm_ = on; }
  /// Looks into the directories. Empty ones are removed on the way, but for the last two.
  truth look();

  std::unordered_map<std::string, written> files;  ///< files by base name; each name is unique

 private:
  void write_one();
  truth look_once();

  std::filesystem::path spool_, refused_;
  double per_second_;
  std::uint64_t in_a_folder_;
  steady_clock::time_point begun_ = steady_clock::now();
  std::uint64_t count_ = 0, bytes_ = 0;
  std::deque<std::filesystem::path> folders_;  ///< files that were not removed
  std::deque<std::pair<std::uint64_t, system_clock::time_point>>
      closed_;  ///< places by number; those before are gone
  bool calm_ = false;
};

}  // namespace soak
