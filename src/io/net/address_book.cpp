#include "io/net/address_book.hpp"

#include <algorithm>

namespace sluice::io {

std::vector<address_book::address> interleave(const std::vector<address_book::address>& addresses) {
  std::vector<address_book::address> first, second, all;
  for (const auto& a : addresses)
    (a.protocol() == addresses.front().protocol() ? first : second).push_back(a);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

void address_book::closed(const address& a) {
  const auto at = open_.find(a);
  if (at != open_.end() && --at->second == 0) open_.erase(at);
}

std::vector<address_book::address> address_book::ranked(const std::vector<address>& addresses, bool spread,
                                                        core::steady_time now) {
  std::erase_if(bad_until_, [&](const auto& entry) { return entry.second <= now; });
  std::vector<address> good, bad;
  for (const auto& a : addresses) (bad_until_.contains(a) ? bad : good).push_back(a);
  const auto in_order = [&](const std::vector<address>& all) {
    if (!spread) return interleave(all);
    const auto open_at = [&](const address& a) {
      const auto at = open_.find(a);
      return at == open_.end() ? 0 : at->second;
    };
    auto sorted = all;
    std::ranges::stable_sort(sorted, {}, open_at);
    return sorted;
  };
  auto all = in_order(good);
  std::ranges::copy(in_order(bad), std::back_inserter(all));
  return all;
}

}  // namespace sluice::io
