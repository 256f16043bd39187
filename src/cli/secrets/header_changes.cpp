#include "header_changes.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>

namespace sluice::cli {
namespace {

constexpr char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

bool same_name(const header& a, const header& b) {
  return std::ranges::equal(a.name, b.name, {}, lower, lower);
}

std::vector<std::string> values_of(const std::vector<header>& all, const header& name) {
  std::vector<std::string> values;
  for (const auto& h : all)
    if (same_name(h, name)) values.push_back(h.value);
  return values;
}

bool came_before(const std::vector<header>& all, std::size_t i) {
  return std::ranges::any_of(all | std::views::take(i),
                             [&](const header& h) { return same_name(h, all[i]); });
}

}  // namespace

header_changes changes_of(const std::vector<header>& in_force, const std::vector<header>& fresh) {
  header_changes c;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (came_before(fresh, i)) continue;
    const auto now = values_of(fresh, fresh[i]), before = values_of(in_force, fresh[i]);
    if (now == before) continue;
    if (now.size() > 1 || before.size() > 1)
      c.left.push_back(fresh[i].name);
    else
      c.updates.push_back(fresh[i]);
  }
  for (std::size_t i = 0; i < in_force.size(); ++i)
    if (!came_before(in_force, i) && values_of(fresh, in_force[i]).empty())
      c.left.push_back(in_force[i].name);
  return c;
}

std::vector<header> overlaid(std::vector<header> base, const std::vector<header>& over) {
  const auto given = [](const std::vector<header>& all) {
    return [&all](const header& h) {
      return std::ranges::any_of(all, [&](auto& o) { return same_name(o, h); });
    };
  };
  std::erase_if(base, given(over));
  base.insert(base.end(), over.begin(), over.end());
  return base;
}

}  // namespace sluice::cli
