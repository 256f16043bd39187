#include "io/sources/tree_walk.hpp"

#include <sluice/error.hpp>

#include <utility>

namespace sluice::io {
namespace {

/// A later walk has to find it: what is too young for the selection may be old enough then.
bool may_be_wanted(const entry& e) {
  return e.what != entry::kind::skipped || (e.why == errc::not_selected && e.identity);
}

}  // namespace

void tree_walk::begin() {
  give_up();
  under_way_ = by_record_ = true;
  ++number_;
  next_root_ = 0;
  at_.reset();
}

void tree_walk::begin_below(const directory_watches::place& p) {
  give_up();
  under_way_ = true, by_record_ = false;
  read(p, true);
}

void tree_walk::give_up() noexcept {
  walker_.reset();
  levels_.clear();
  under_way_ = false;
}

tree_walk::step tree_walk::next(core::wall_time now) {
  now_ = now;
  if (!walker_) {
    under_way_ = by_record_ && next_directory();
    return {.ended = !under_way_};
  }
  step s{.root = root_};
  s.what = walker_->next(now);
  if (walker_->has_ended()) walker_.reset();
  if (!s.what) return s;
  const auto& e = *s.what;
  if (e.what == entry::kind::file) s.known = e.identity && site_.known && site_.known(e);
  if (!s.known && may_be_wanted(e) && !levels_.empty()) levels_.back().settled = false;
  return s;
}

/// Roots of which nothing is known come first, and then all directories that are known.
bool tree_walk::next_directory() {
  auto& watches = site_.watches;
  while (next_root_ < site_.roots.root_count()) {
    const directory_watches::place root{next_root_++, {}};
    if (watches.knows(root)) continue;
    read(root, false);
    return true;
  }
  const auto p = watches.next_after(at_);
  if (!p) return false;
  at_ = p;
  const auto& root = *site_.roots[p->root];
  if (!watches.is_entered(*p, number_) && !watches.is_as_it_was(root, *p, number_)) read(*p, false);
  return true;
}

void tree_walk::read(const directory_watches::place& p, bool all_below) {
  levels_.clear();
  root_ = p.root;
  walker_.emplace(site_.roots[p.root], site_.selector, true, hooks_of(p.root, all_below),
                  p.path.empty() ? "." : p.path, above(p));
}

directory_walker::hooks tree_walk::hooks_of(std::size_t root, bool all_below) {
  directory_walker::hooks h;
  const auto walk = all_below ? 0 : number_;
  h.entered = [this, root, walk](const directory& dir, const std::string& path) {
    if (!levels_.empty()) levels_.back().has_directories = true;
    levels_.push_back({path});
    site_.watches.enter(dir, {root, path}, walk, now_);
  };
  h.left = [this, root](const directory& dir, const std::string& path, bool whole, std::size_t entries) {
    const auto l = std::move(levels_.back());
    levels_.pop_back();
    const auto& top = *site_.roots[root];
    const bool hides = !(dir.device() == top.device() ? top : dir).sees_all_writers();
    site_.watches.leave({root, path}, {whole && l.settled, whole && entries == 0, l.has_directories, hides});
  };
  if (!all_below)
    h.passes_by = [this, root](const std::string& path) {
      const bool known = site_.watches.knows({root, path});
      if (known && !levels_.empty()) levels_.back().has_directories = true;
      return known;
    };
  return h;
}

/// A directory that is mounted below itself would be walked without an end.
std::vector<directory_walker::ancestor> tree_walk::above(const directory_watches::place& p) const {
  std::vector<directory_walker::ancestor> all;
  if (p.path.empty()) return all;
  all.push_back({site_.roots[p.root]->device(), site_.roots[p.root]->inode()});
  for (auto slash = p.path.find('/'); slash != std::string::npos; slash = p.path.find('/', slash + 1))
    if (const auto i = site_.watches.inode_of({p.root, p.path.substr(0, slash)}))
      all.push_back({i->first, i->second});
  return all;
}

}  // namespace sluice::io
