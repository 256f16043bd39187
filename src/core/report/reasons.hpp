// Why files were not accepted, added up: few words for many files.
#pragma once

#include <sluice/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// `reason` without what differs from file to file: the file's own name, numbers, times, ids.
std::string normalised(std::string_view reason, std::string_view path);

/// Bounded: at most `most` reasons of their own, and one more for each fate.
class reasons {
 public:
  static constexpr std::size_t most = 16;

  /// Adds the record's reason. Files that were accepted, skipped or gone by themselves have none.
  void add(const file_record& r);
  /// The most frequent first; those as frequent in the order they came.
  std::vector<failure_reason> list() const;

 private:
  struct kept {
    failure_reason shown;
    int status;
    std::string normalised;
  };
  std::vector<kept> all_;
  std::vector<failure_reason> rest_;
};

}  // namespace sluice::core
