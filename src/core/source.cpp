#include "core/selection.hpp"

#include <sluice/source.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

void check_times(const following& f, std::vector<std::string>& problems) {
  constexpr std::chrono::hours longest{24 * 366};
  if (f.rescan.count() <= 0 || f.again.count() <= 0 || f.again_most < f.again)
    problems.emplace_back("follow: rescan and again must be over 0, and again_most not below again");
  if (f.rescan > longest || f.again_most > longest)
    problems.emplace_back("follow: rescan and again_most must be within a year");
}

}  // namespace

source source::directories(std::vector<std::filesystem::path> roots) {
  source result;
  result.roots_ = std::move(roots);
  return result;
}

source source::list(std::filesystem::path file, bool nul, std::filesystem::path base) {
  source result;
  result.list_file_ = std::move(file);
  result.nul_ = nul;
  if (!base.empty()) result.roots_.push_back(std::move(base));
  return result;
}

std::vector<std::string> problems(const source& src) {
  std::vector<std::string> found;
  const auto& roots = src.roots();
  if (roots.empty() && src.is_walked()) found.emplace_back("no source: name a directory or a list of files");
  for (auto root = roots.begin(); root != roots.end(); ++root) {
    if (root->empty())
      found.emplace_back("a source directory is empty: write . for the working directory");
    else if (std::find(roots.begin(), root, *root) != root)
      found.push_back("source directory \"" + printable(root->native()) +
                      "\" is given twice: its files would be sent twice");
  }
  if (src.follow && !src.is_walked())
    found.emplace_back("follow: a list of names cannot be followed; name directories");
  if (src.follow) check_times(*src.follow, found);
  for (auto& line : core::problems(src.select)) found.push_back(std::move(line));
  return found;
}

}  // namespace sluice
