#include "io/disk/log_index.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <new>
#include <string_view>

namespace sluice::io {
namespace {

constexpr std::size_t most_slots = 1 << 22;
constexpr std::uint64_t shortest_line = 200;

std::uint64_t id_of_path(std::string_view path) noexcept {
  return std::hash<std::string_view>{}(path) ^ 0x9e3779b97f4a7c15;  // no key of that text
}
std::uint64_t id_of_key(std::string_view key) noexcept { return std::hash<std::string_view>{}(key); }

}  // namespace

log_index::log_index(std::uint64_t bytes, bool one_root)
    : room_{std::min<std::size_t>(std::bit_ceil(2 * (bytes / shortest_line) + 64), most_slots)},
      one_root_{one_root} {}

bool log_index::begin_pass() {
  if (crowded_) {  // begin anew, with fewer files a pass
    parts_ *= 2, part_ = 0;
    newest_.clear();
  } else if (begun_ && ++part_ == parts_) {
    slots_.reset();
    return false;
  }
  begun_ = true, crowded_ = false;
  line_ = 0, used_ = 0;
  slots_.reset();
  slots_.reset(
      static_cast<slot*>(std::calloc(room_, sizeof(slot))));  // pages that nothing is put on take nothing
  if (!slots_) throw std::bad_alloc{};
  return true;
}

log_index::slot& log_index::at(std::uint64_t id) const noexcept {
  auto i = id & (room_ - 1);
  while (slots_[i].line != 0 && slots_[i].id != id) i = (i + 1) & (room_ - 1);
  return slots_[i];
}

void log_index::put(std::uint64_t id) {
  auto& s = at(id);
  if (s.line == 0 && used_ >= room_ / 4 * 3) {
    crowded_ = true;
    return;
  }
  if (s.line == 0)
    ++used_;
  else if (s.line != none)
    newest_[s.line - 1] = false;
  s = {id, line_ + 1};
  newest_[line_] = true;
}

void log_index::forget(std::uint64_t id) {
  auto& s = at(id);
  if (s.line == 0 || s.line == none) return;
  newest_[s.line - 1] = false;
  s.line = none;
}

void log_index::add(const core::record_view& r) {
  if (crowded_) return;
  if (line_ == newest_.size()) newest_.push_back(false);
  const bool known = r.is_kept() && !r.key.empty();
  const auto path = id_of_path(r.path);
  if (is_of_this_pass(path)) {
    if (!known) put(path);
    if (known && one_root_) forget(path);
  }
  if (known)
    if (const auto key = id_of_key(r.key); is_of_this_pass(key)) put(key);
  ++line_;
}

void log_index::add_other() {
  if (crowded_) return;
  if (line_ == newest_.size()) newest_.push_back(false);
  newest_[line_++] = true;
}

}  // namespace sluice::io
