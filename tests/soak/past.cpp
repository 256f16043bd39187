#include "soak/past.hpp"

#include <algorithm>

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr auto kept = 20s;

}  // namespace

void past::add(const truth& t) {
  all_.push_back(t);
  while (all_.front().at < t.at - kept) all_.pop_front();
}

/// The last look that is not after `t`, or the first one.
std::deque<truth>::const_iterator past::at(steady_clock::time_point t) const {
  const auto after = std::ranges::upper_bound(all_, t, {}, &truth::at);
  return after == all_.begin() ? after : std::prev(after);
}

range past::of(std::uint64_t truth::* figure, steady_clock::time_point since) const {
  const auto [least, most] = std::ranges::minmax(std::ranges::subrange(at(since), all_.end()), {}, figure);
  return {static_cast<double>(least.*figure), static_cast<double>(most.*figure)};
}

range past::age(steady_clock::time_point since) const {
  const auto now = system_clock::now();
  range r{1e9, 0};
  for (auto t = at(since); t != all_.end(); ++t) {
    const auto age = t->there == 0 ? 0 : std::chrono::duration<double>(now - t->oldest).count();
    r.least = std::min(r.least, age), r.most = std::max(r.most, age);
  }
  return r;
}

std::uint64_t past::growth(std::uint64_t truth::* figure, steady_clock::time_point from,
                           steady_clock::time_point to) const {
  const auto before = (*at(from)).*figure, after = (*at(to)).*figure;
  return from < to && before < after ? after - before : 0;
}

}  // namespace soak
