#include "io/sources/sorted_listing.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sluice::io {

void sorted_listing::add_file(entry e) {
  auto at = std::ranges::find(roots_, e.root);
  if (at == roots_.end()) at = roots_.insert(at, std::move(e.root));
  const auto root = static_cast<std::uint32_t>(at - roots_.begin());
  files_.add_file({std::move(e.path), root, e.listed, e.identity});
}

std::optional<entry> sorted_listing::next_entry() {
  auto f = files_.next_file();
  if (!f) return std::nullopt;
  entry e{entry::kind::file, roots_[f->root], std::move(f->path), {}, f->identity};
  e.listed = f->listed;
  return e;
}

}  // namespace sluice::io
