#include "core/files/name_splitter.hpp"

#include <algorithm>
#include <utility>

namespace sluice::core {

std::optional<std::string> name_splitter::next() {
  while (!too_long_) {
    const auto at = buffer_.find(end_, std::max(position_, searched_));
    if (at == std::string::npos) break;
    auto name = buffer_.substr(position_, std::min(at - position_, max_name + 1));
    if (!cut_.empty()) name = std::exchange(cut_, {});
    position_ = at + 1;
    ++number_;
    too_long_ = !cuts_ && name.size() > max_name;
    if (!name.empty() && !too_long_) return name;
  }
  buffer_.erase(0, position_);
  position_ = 0;
  if (buffer_.size() > max_name) cut_or_give_up();
  searched_ = buffer_.size();
  if (too_long_ || !finished_ || (buffer_.empty() && cut_.empty())) return std::nullopt;
  ++number_;
  auto last = std::exchange(buffer_, {});
  return cut_.empty() ? std::move(last) : std::exchange(cut_, {});
}

void name_splitter::cut_or_give_up() {
  too_long_ = !cuts_;
  if (!cuts_) return;
  if (cut_.empty()) cut_ = buffer_.substr(0, max_name + 1);
  buffer_.clear();
}

}  // namespace sluice::core
