#include "option_table.hpp"

#include "rows/rows.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::cli {
namespace {

template <class Holds>
const option_row* find_row(Holds holds) {
  const auto& all = option_rows();
  const auto it = std::ranges::find_if(all, holds);
  return it == all.end() ? nullptr : &*it;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const auto one = words.substr(0, words.find(' '));
    if (one == word) return true;
    words.remove_prefix(std::min(words.size(), one.size() + 1));
  }
  return false;
}

}  // namespace

const std::vector<option_row>& option_rows() {
  static const auto all = [] {
    std::vector<option_row> rows;
    for (const auto part : {request_rows(), selection_rows(), delivery_rows(), network_rows(), tls_rows(),
                            output_rows(), bench_rows()})
      rows.insert(rows.end(), part.begin(), part.end());
    return rows;
  }();
  return all;
}

std::vector<option_row> options_of(verb v) {
  std::vector<option_row> options;
  std::ranges::copy_if(option_rows(), std::back_inserter(options),
                       [&](const option_row& row) { return row.belongs_to(v); });
  return options;
}

const option_row* find_option(std::string_view name, verb v) {
  return find_row([&](const option_row& row) { return row.name == name && row.belongs_to(v); });
}

const option_row* find_setter(std::string_view member, verb v) {
  return find_row([&](const option_row& row) { return row.belongs_to(v) && has_word(row.sets, member); });
}

bool is_option(std::string_view name) {
  return find_row([&](const option_row& row) { return row.name == name; }) != nullptr;
}

}  // namespace sluice::cli
