#include "option_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace sluice::cli {
namespace {

/// Letters put in, left out, exchanged, or two of them the other way round.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::vector<std::size_t>, 3> rows;  // the one before last, the last, this one
  for (auto& row : rows) row.resize(b.size() + 1);
  std::iota(rows[1].begin(), rows[1].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& now = rows[2];
    now[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      now[k] = std::min({rows[1][k] + 1, now[k - 1] + 1, rows[1][k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1)});
      if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
        now[k] = std::min(now[k], rows[0][k - 2] + 1);
    }
    std::ranges::rotate(rows, rows.begin() + 1);
  }
  return rows[1].back();
}

}  // namespace

std::string similar_option(std::string_view name, verb v) {
  if (!name.starts_with("--")) return {};
  name.remove_prefix(2);
  if (is_option(name)) return {};  // another verb's
  std::string_view nearest;
  auto least = std::max<std::size_t>(name.size() / 3, 1) + 1;
  std::vector<std::string_view> begun;
  for (const auto& row : options_of(v)) {
    if (name.size() >= 3 && row.name.starts_with(name)) begun.push_back(row.name);
    if (const auto d = distance(name, row.name); d < least) least = d, nearest = row.name;
  }
  if (begun.size() == 1) nearest = begun.front();
  return nearest.empty() ? std::string{} : "--" + std::string{nearest};
}

}  // namespace sluice::cli
