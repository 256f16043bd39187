#include "core/files/emptied_folders.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::core {

std::optional<std::string> folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos || path.front() == '/') return std::nullopt;
  for (std::string_view rest{path}; !rest.empty();) {
    const auto step = rest.substr(0, rest.find('/'));
    if (step.empty() || step == "." || step == "..") return std::nullopt;
    rest.remove_prefix(std::min(rest.size(), step.size() + 1));
  }
  return path.substr(0, slash);
}

void emptied_folders::took_file(folder_place p, const file_identity& left, std::int64_t written_ns,
                                steady_time now) {
  // The folder's own file system has set both times.
  constexpr std::chrono::nanoseconds none{0}, most = std::chrono::hours{24 * 366};
  auto before = std::clamp(between(written_ns, left.ctime_ns), none, most);
  if (const auto at = folders_.find(p); at != folders_.end()) {
    const auto known = take(at);
    before = std::min(before, known.is.before + (now - known.is.since));
  }
  put(std::move(p), {left, now, before});
}

emptied_folders::turn emptied_folders::turn_of(const folders::value_type& f) const noexcept {
  const auto& [place, is] = f;
  const auto depth = std::count(place.path.begin(), place.path.end(), '/');
  const std::chrono::nanoseconds wait = settle_;
  if (!finishing_) return {is.since + wait, -depth, &place};
  return {is.before >= wait ? steady_time::min() : is.since + (wait - is.before), -depth, &place};
}

steady_time emptied_folders::next_at() const noexcept {
  return turns_.empty() ? steady_time::max() : turns_.begin()->due;
}

std::optional<emptied_folders::candidate> emptied_folders::next_due(steady_time now) {
  if (next_at() > now || turns_.empty()) return std::nullopt;
  return take(folders_.find(*turns_.begin()->place));
}

void emptied_folders::finish() {
  finishing_ = true;
  turns_.clear();
  for (const auto& f : folders_) turns_.insert(turn_of(f));
}

std::optional<emptied_folders::candidate> emptied_folders::next_left() {
  if (folders_.empty()) return std::nullopt;
  return take(folders_.begin());
}

void emptied_folders::tried(const candidate& c, const folder_removal& r, steady_time now) {
  using result = folder_removal::result;
  switch (r.what) {
    case result::removed:
      emptied_parent(c, r, now);
      break;
    case result::touched:
      put(c.place, {r.now, now, std::chrono::nanoseconds::zero()});
      break;
    case result::not_empty:
    case result::gone:
    case result::not_ours:
    case result::refused:
      break;
  }
}

/// The parent may be empty now. It has been left alone for as long as the folder in it, where nobody has
/// changed it since we emptied that one.
void emptied_folders::emptied_parent(const candidate& c, const folder_removal& r, steady_time now) {
  auto path = folder_of(c.place.path);
  if (!path || !r.parent_before || !r.parent_after) return;
  folder_place p{c.place.root, std::move(*path)};
  const auto& before = *r.parent_before;
  folder is{*r.parent_after, now, std::chrono::nanoseconds::zero()};
  if (const auto at = folders_.find(p); at != folders_.end()) {
    const auto known = take(at);
    if (known.is.left == before)
      is.since = known.is.since, is.before = std::min(known.is.before, c.is.before);
  } else if (before.device == c.is.left.device && before.ctime_ns <= c.is.left.ctime_ns) {
    is.since = c.is.since, is.before = c.is.before;
  }
  put(std::move(p), is);
}

emptied_folders::candidate emptied_folders::take(folders::iterator at) {
  turns_.erase(turn_of(*at));
  auto node = folders_.extract(at);
  return {std::move(node.key()), node.mapped()};
}

void emptied_folders::put(folder_place p, const folder& f) {
  if (folders_.size() >= most_) {
    ++left_out_;
    return;
  }
  const auto [at, is_new] = folders_.emplace(std::move(p), f);
  if (is_new) turns_.insert(turn_of(*at));
}

}  // namespace sluice::core
