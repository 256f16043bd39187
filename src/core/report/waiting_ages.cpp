#include "core/report/waiting_ages.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

constexpr unsigned width = 28;  // 2²⁸ ns are 268 ms
constexpr std::int64_t within = (std::int64_t{1} << width) - 1;

}  // namespace

std::vector<waiting_ages::quarter>::iterator waiting_ages::place_of(std::int64_t number) noexcept {
  return std::ranges::lower_bound(times_, number, std::greater{}, &quarter::number);
}

void waiting_ages::add(std::int64_t mtime_ns) {
  const auto number = mtime_ns >> width;
  const auto first = static_cast<std::uint32_t>(mtime_ns & within);
  if (number >= limit_) {
    ++beyond_;
    return;
  }
  const auto at = place_of(number);
  if (at != times_.end() && at->number == number) {
    ++at->files;
    at->first = std::min(at->first, first);
    return;
  }
  times_.insert(at, {number, 1, first});
  if (times_.size() > most_) drop_youngest();
}

/// An eighth at once: each one costs a move of all others.
void waiting_ages::drop_youngest() {
  const auto end = times_.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(most_ / 8, 1));
  for (auto at = times_.begin(); at != end; ++at) beyond_ += at->files;
  limit_ = std::prev(end)->number;
  times_.erase(times_.begin(), end);
}

void waiting_ages::remove(std::int64_t mtime_ns) noexcept {
  const auto number = mtime_ns >> width;
  if (number >= limit_) {
    if (beyond_ > 0) --beyond_;
    return;
  }
  const auto at = place_of(number);
  if (at == times_.end() || at->number != number) return;
  if (--at->files == 0) times_.erase(at);
}

std::optional<std::int64_t> waiting_ages::least() const noexcept {
  if (!times_.empty()) return (times_.back().number << width) + times_.back().first;
  if (beyond_ > 0) return limit_ << width;
  return std::nullopt;
}

}  // namespace sluice::core
