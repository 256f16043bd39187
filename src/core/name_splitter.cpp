#include "core/name_splitter.hpp"

#include <algorithm>
#include <utility>

namespace sluice::core {

std::optional<std::string> name_splitter::next() {
  while (!too_long_) {
    const auto at = buffer_.find(end_, std::max(position_, searched_));
    if (at == std::string::npos) break;
    std::string name = buffer_.substr(position_, at - position_);
    position_ = at + 1;
    too_long_ = name.size() > max_name;
    if (!name.empty() && !too_long_) return name;
  }
  buffer_.erase(0, position_);
  position_ = 0;
  searched_ = buffer_.size();
  too_long_ = too_long_ || buffer_.size() > max_name;
  if (too_long_ || !finished_ || buffer_.empty()) return std::nullopt;
  return std::exchange(buffer_, {});
}

}  // namespace sluice::core
