// The roots of a source that is followed, and whether their paths still lead to them.
#pragma once

#include "core/time.hpp"
#include "io/disk/directory.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

class followed_roots {
 public:
  /// The time between two looks.
  static constexpr std::chrono::seconds look_every{1};

  explicit followed_roots(std::vector<std::shared_ptr<const directory>> roots);

  std::size_t root_count() const noexcept { return roots_.size(); }
  const std::shared_ptr<const directory>& operator[](std::size_t n) const { return roots_[n]; }
  std::optional<std::size_t> number_of(const directory* root) const noexcept;

  /// The root's path leads to it. What is no root of these is never missed.
  bool still_there(const directory& root) const;
  /// Looks for all of them, if it is time to. False from the first that was lost, for good.
  bool look_for_all(core::steady_time now);
  /// The next look is now.
  void look_soon() noexcept { look_at_ = {}; }
  core::steady_time next_look() const noexcept { return look_at_; }
  /// The path of a root that was lost; empty.
  const std::string& lost_path() const noexcept { return lost_; }

 private:
  std::vector<std::shared_ptr<const directory>> roots_;
  std::vector<std::filesystem::path> where_;  ///< absolute
  core::steady_time look_at_{};
  std::string lost_;
};

}  // namespace sluice::io
