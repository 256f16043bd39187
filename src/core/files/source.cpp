#include "core/files/selection.hpp"

#include <sluice/source.hpp>

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

void check_times(const following& f, std::vector<problem>& problems) {
  constexpr std::chrono::hours longest{24 * 366};
  if (f.rescan.count() <= 0 || f.again.count() <= 0 || f.again_most < f.again)
    problems.push_back({"follow", "rescan and again must be over 0, and again_most not below again"});
  if (f.rescan > longest || f.again_most > longest)
    problems.push_back({"follow", "rescan and again_most must be within a year"});
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

source source::manifest(std::filesystem::path file, std::filesystem::path base) {
  auto result = list(std::move(file), false, std::move(base));
  result.manifest_ = true;
  return result;
}

std::vector<problem> problems(const source& src) {
  std::vector<problem> found;
  const auto& roots = src.roots();
  if (roots.empty() && src.is_walked())
    found.push_back({"source", "no source: name a directory, a file or a list of files"});
  if (std::ranges::any_of(roots, [](const auto& root) { return root.empty(); }))
    found.push_back({"source", "a source directory is empty: write . for the working directory"});
  if (src.follow && !src.is_walked())
    found.push_back({"follow", "a list of names cannot be followed; name directories"});
  if (src.is_manifest() && src.order.what != order::by::none)
    found.push_back(
        {"order", "a manifest is sent in its own order, so that it needs no memory; sort its lines"});
  if (src.follow) check_times(*src.follow, found);
  for (auto& p : core::problems(src.select)) found.push_back(std::move(p));
  return found;
}

}  // namespace sluice
