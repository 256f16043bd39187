#include "engine/run/waiting_count.hpp"

namespace sluice::engine {

bool waiting_count::meet_again(std::uint64_t place, std::int64_t mtime_ns) {
  const auto at = met_.find(place);
  if (at == met_.end()) return false;
  auto& m = at->second;
  m.count = number_;
  if (m.mtime_ns == mtime_ns) return true;
  ages_.add(mtime_ns);
  ages_.remove(m.mtime_ns);
  m.mtime_ns = mtime_ns;
  return true;
}

void waiting_count::meet(std::uint64_t place, std::int64_t mtime_ns) {
  met_.emplace(place, met{mtime_ns, number_});
  ages_.add(mtime_ns);
}

/// The kernel tells of a file that has changed lately in a moment, if it has not yet: it is known by then.
void waiting_count::saw(std::uint64_t place, const core::file_identity& f) {
  constexpr std::int64_t lately = 2'000'000'000;
  if (!fresh_ || meet_again(place, f.mtime_ns)) return;
  if (f.ctime_ns >= since_ns_ - lately) {
    if (met_.size() < most_known) return meet(place, f.mtime_ns);
    if (f.ctime_ns >= since_ns_) return;
  }
  fresh_->add(f.mtime_ns);
}

void waiting_count::end(const std::function<bool(std::uint64_t place)>& is_on_its_way) {
  if (!fresh_) return;
  others_ = std::move(*fresh_);
  fresh_.reset();
  known_ = true;
  boost::unordered::erase_if(met_, [&](const auto& m) {
    const bool gone = m.second.count != number_ && !is_on_its_way(m.first);
    if (gone) ages_.remove(m.second.mtime_ns);
    return gone;
  });
}

void waiting_count::came(std::uint64_t place, const core::file_identity& f) {
  if (meet_again(place, f.mtime_ns)) return;
  if (met_.size() < most_known) return meet(place, f.mtime_ns);
  others_.add(f.mtime_ns);
  if (fresh_) fresh_->add(f.mtime_ns);
}

void waiting_count::taken(std::uint64_t place, const core::file_identity& f, bool counted) {
  if (meet_again(place, f.mtime_ns)) return;
  others_.remove(f.mtime_ns);
  if (fresh_ && counted) fresh_->remove(f.mtime_ns);
  meet(place, f.mtime_ns);
}

void waiting_count::went(std::uint64_t place) noexcept {
  const auto at = met_.find(place);
  if (at == met_.end()) return;
  ages_.remove(at->second.mtime_ns);
  met_.erase(at);
}

std::optional<std::int64_t> waiting_count::oldest() const noexcept {
  const auto a = ages_.least(), b = others_.ages.least();
  return a && b ? std::min(*a, *b) : a ? a : b;
}

}  // namespace sluice::engine
