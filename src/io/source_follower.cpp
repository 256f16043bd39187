#include "io/source_follower.hpp"

#include "io/source_reader.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace sluice::io {
namespace {

constexpr int at_a_time = 64;  ///< entries looked at in one step

unsigned depth_of(const std::string& path) {
  return 1 + static_cast<unsigned>(std::ranges::count(path, '/'));
}

}  // namespace

source_follower::source_follower(asio::any_io_executor executor, const source& from,
                                 std::vector<std::shared_ptr<const directory>> roots,
                                 const core::selector& selector, std::function<void()> news)
    : from_{from},
      roots_{std::move(roots)},
      selector_{selector},
      watcher_{inotify_watcher::make(std::move(executor), std::move(news))} {
  for (const auto& root : roots_) {
    std::error_code no_working_directory;
    const auto path = std::filesystem::absolute(root->path(), no_working_directory);
    where_.push_back(no_working_directory ? std::filesystem::path{root->path()} : path);
  }
}

source_follower::~source_follower() { watcher_->stop(); }

bool source_follower::told_goes_first() const noexcept {
  const auto& o = from_.order;
  return o.what == order::by::none || (o.what == order::by::mtime && o.descending);
}

source_follower::step source_follower::next(core::steady_time now, core::wall_time wall, follow_room room,
                                            bool stat) {
  using kind = step::kind;
  if (ended_) return {kind::ended};
  step idle{hear() ? kind::more : kind::nothing};
  if (!look_for_roots(now)) return {kind::lost};
  if (room == follow_room::none) return {};
  grown_up(wall);
  if (!told_.empty() && (told_goes_first() || !walking_)) return next_told(wall);
  if (room == follow_room::told) return idle;
  if (new_walk_ || !new_.empty()) {
    if (!new_walk_) {
      const auto p = std::move(new_.front());
      new_.pop_front();
      new_walk_root_ = p.root;
      new_walk_.emplace(walker_at(p.root, p.path, true));
    }
    bool over = false;
    auto s = next_of(*new_walk_, new_walk_root_, wall, true, over);
    if (over) new_walk_.reset();
    return s;
  }
  if (walking_) return next_walked(now, wall, stat);
  if (walk_again_ || now >= walk_at_) return begin_walk(now);
  if (!last_walk_) return idle;
  ended_ = true;
  return {kind::ended};
}

core::steady_time source_follower::next_at(core::steady_time now, core::wall_time wall) const {
  auto at = std::min(walk_at_, look_at_);
  if (!young_.empty() && young_.begin()->first - wall < look_every)
    at = std::min(at, now + std::max(young_.begin()->first - wall, core::wall_time::duration{1'000'000}));
  return at;
}

/// True when it left off early: the kernel may have more to tell, and there is room for it.
bool source_follower::hear() {
  using kind = inotify_watcher::change::kind;
  for (int n = 0; told_.size() < most_told; ++n) {
    if (n == 8 * at_a_time) return true;
    auto c = watcher_->next();
    if (!c) return false;
    switch (c->what) {
      case kind::file:
        if (selector_.wants_name(c->path)) told_.push_back({c->root, std::move(c->path)});
        break;
      case kind::directory:
        last_parent_.reset();  // it may have taken the name of one that was moved out
        if (!selector_.wants_directory(c->path, depth_of(c->path))) break;
        if (new_.size() < most_new)
          new_.push_back({c->root, std::move(c->path)});
        else
          walk_again_ = true;
        break;
      case kind::overflow:
        walk_again_ = true;
        break;
      case kind::root_gone:
        look_at_ = {};  // look now
        break;
    }
  }
  return false;
}

void source_follower::grown_up(core::wall_time wall) {
  while (!young_.empty() && young_.begin()->first <= wall && told_.size() < 2 * most_told)
    told_.push_back(std::move(young_.extract(young_.begin()).value().second));
}

void source_follower::look_again(const std::shared_ptr<const directory>& root, std::string path) {
  const auto at = std::ranges::find(roots_, root);
  if (at != roots_.end()) told_.push_back({static_cast<std::size_t>(at - roots_.begin()), std::move(path)});
}

bool source_follower::look_for_roots(core::steady_time now) {
  if (!lost_.empty()) return false;
  if (now < look_at_) return true;
  look_at_ = now + look_every;
  for (const auto& root : roots_)
    if (!still_there(*root)) lost_ = root->path();
  return lost_.empty();
}

bool source_follower::still_there(const directory& root) const {
  const auto same = [&](const auto& r) { return r.get() == &root; };
  const auto at = std::ranges::find_if(roots_, same);
  if (at == roots_.end()) return true;
  struct stat st{};
  return ::stat(where_[static_cast<std::size_t>(at - roots_.begin())].c_str(), &st) == 0 &&
         st.st_dev == root.device() && st.st_ino == root.inode();
}

source_follower::step source_follower::next_told(core::wall_time wall) {
  for (int n = 0; n < at_a_time && !told_.empty(); ++n) {
    const auto p = std::move(told_.front());
    told_.pop_front();
    if (auto e = look_at(p, wall)) return {step::kind::found, std::move(e)};
  }
  return {step::kind::more};
}

/// Its directory is opened once for all that lie in it, and again when it seems to have gone: another may
/// have come in its place.
bool source_follower::find(const place& p, struct stat& st) {
  const auto slash = p.path.rfind('/');
  const place parent{p.root, slash == std::string::npos ? "." : p.path.substr(0, slash)};
  const auto name = p.path.substr(slash == std::string::npos ? 0 : slash + 1);
  const auto there = [&] {
    return last_parent_ && ::fstatat(last_parent_->fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
  };
  if (last_parent_at_ == parent && there()) return true;
  error_code ec;
  last_parent_ = roots_[p.root]->below(parent.path, ec);
  last_parent_at_ = parent;
  return there();
}

/// What a name leads to, as a walk would have it; nothing where there is no file to be sent, or not yet.
std::optional<entry> source_follower::look_at(const place& p, core::wall_time wall) {
  struct stat st{};
  if (!find(p, st) || !S_ISREG(st.st_mode)) return std::nullopt;
  const auto identity = identity_of(st);
  if (!selector_.wants_name(p.path) || wait_to_grow(p, identity, wall)) return std::nullopt;
  if (!selector_.wants_content(identity, wall)) return std::nullopt;
  return entry{entry::kind::file, roots_[p.root], p.path, {}, identity, entry::origin::told};
}

/// True when it is too young, and nothing else is against it.
bool source_follower::wait_to_grow(place p, const std::optional<core::file_identity>& f,
                                   core::wall_time wall) {
  if (!f || !selector_.wants_name(p.path)) return false;
  const auto at = selector_.old_enough_at(*f, wall);
  if (!at) return false;
  if (young_.size() < most_young || *at < std::prev(young_.end())->first) young_.emplace(*at, std::move(p));
  if (young_.size() > most_young) young_.erase(std::prev(young_.end()));
  return true;
}

void source_follower::watch(const directory& dir, std::size_t root, const std::string& path) {
  const auto most = from_.select.max_depth;
  const bool deep = !most || (path.empty() ? 0 : depth_of(path)) + 1 < *most;
  if (last_walk_ || watcher_->watch(dir, root, path, deep)) return;
  unwatched_ = unwatched_now_ = true;
}

directory_walker source_follower::walker_at(std::size_t root, const std::string& below, bool stat) {
  return directory_walker{
      roots_[root], selector_, stat,
      [this, root](const directory& dir, const std::string& path) { watch(dir, root, path); }, below};
}

source_follower::step source_follower::begin_walk(core::steady_time now) {
  for (const auto& root : roots_)
    if (!still_there(*root)) {
      lost_ = root->path();
      return {step::kind::lost};
    }
  walking_ = whole_ = true, walk_again_ = unwatched_now_ = false;
  walk_at_ = core::steady_time::max();
  look_at_ = now + look_every;
  next_root_ = 0;
  walk_.reset();
  listing_.clear(), listed_ = false;
  if (finishing_) {
    last_walk_ = true;
    watcher_->stop();
    told_.clear(), new_.clear(), new_walk_.reset(), young_.clear();
  }
  return {step::kind::walk_begins};
}

source_follower::step source_follower::end_walk(core::steady_time now) {
  walking_ = first_walk_ = false;
  unwatched_ = unwatched_now_;
  if (!last_walk_) walk_at_ = now + from_.follow->rescan;
  return {whole_ ? step::kind::walk_ends : step::kind::walk_is_torn};
}

source_follower::step source_follower::next_walked(core::steady_time now, core::wall_time wall, bool stat) {
  if (!listing_.empty() && listed_) return next_sorted();
  if (!walk_) {
    if (next_root_ == roots_.size()) {
      if (listed_ || from_.order.what == order::by::none) return end_walk(now);
      std::ranges::sort(listing_,
                        [&](const entry& a, const entry& b) { return comes_before(a, b, from_.order); });
      listed_ = true;
      return {step::kind::more};
    }
    const bool by_content = from_.order.what == order::by::mtime || from_.order.what == order::by::size;
    walk_.emplace(walker_at(next_root_++, ".", stat || by_content));
  }
  bool over = false;
  auto s = next_of(*walk_, next_root_ - 1, wall, false, over);
  if (over) walk_.reset();
  if (s.is != step::kind::found || from_.order.what == order::by::none) return s;
  listing_.push_back(std::move(*s.what));
  return {step::kind::more};
}

source_follower::step source_follower::next_sorted() {
  step s{step::kind::found, std::move(listing_.front())};
  listing_.pop_front();
  return s;
}

source_follower::step source_follower::next_of(directory_walker& w, std::size_t root, core::wall_time wall,
                                               bool told, bool& ended) {
  for (int n = 0; n < at_a_time; ++n) {
    auto e = w.next(wall);
    if (!e) {
      ended = true;
      break;
    }
    if (e->what == entry::kind::unreadable_directory) whole_ = false;
    e->from = told ? entry::origin::told : first_walk_ ? entry::origin::first_walk : entry::origin::walk;
    if (e->what != entry::kind::file) {
      if (e->what == entry::kind::skipped && !last_walk_ && wait_to_grow({root, e->path}, e->identity, wall))
        continue;
      // Told of once; but who ends it has to know of what was not looked at.
      const bool at_the_end = last_walk_ && e->what == entry::kind::unreadable_directory;
      if (e->from != entry::origin::first_walk && !at_the_end) continue;
    }
    return {step::kind::found, std::move(e)};
  }
  return {step::kind::more};
}

}  // namespace sluice::io
