#include "io/sources/directory_watches.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sluice::io {
namespace {

directory_watches::place parent_of(const directory_watches::change& c) {
  const auto slash = c.path.rfind('/');
  return {c.root, c.path.substr(0, slash == std::string::npos ? 0 : slash)};
}

}  // namespace

directory_watches::directory_watches(asio::any_io_executor executor, const selection& rules,
                                     std::function<void()> news)
    : watcher_{inotify_watcher::make(std::move(executor), std::move(news))}, max_depth_{rules.max_depth} {}

/// A directory that changed a moment ago may change once more without another change time.
void directory_watches::enter(const directory& dir, const place& p, std::uint32_t walk, core::wall_time now) {
  const auto [at, is_new] = records_.try_emplace(p);
  auto& r = at->second;
  if (is_new) ++unwatched_;
  if (r.inode != dir.inode() || r.device != dir.device()) unwatch(*at);
  struct stat st{};
  const auto changed = ::fstat(dir.fd(), &st) == 0 ? identity_of(st).ctime_ns : 0;
  rank_anew(*at, [&] {
    r.device = dir.device(), r.inode = dir.inode();
    if (r.changed_ns != changed && r.holds == use::empty) r.holds = use::files;
    if (p.path.empty()) r.holds = use::directories;
    r.changed_ns = changed;
  });
  watch(dir, *at);
  constexpr std::int64_t a_moment = 2'000'000'000;
  r.is_quiet = changed != 0 && changed < std::chrono::nanoseconds{now.time_since_epoch()}.count() - a_moment;
  r.trust = 0, r.told = false;
  if (walk != 0) r.walk = walk;
}

void directory_watches::leave(const place& p, const reading& read) {
  const auto at = records_.find(p);
  if (at == records_.end()) return;
  auto& r = at->second;
  rank_anew(*at, [&] {
    const bool stays = read.has_directories || p.path.empty();
    r.holds = stays ? use::directories : read.is_empty ? use::empty : use::files;
  });
  const bool hears = r.watch >= 0 || read.is_empty;
  if (read.settled && r.is_quiet && hears && !read.hides_writers && !r.told) r.trust = trust_;
}

bool directory_watches::is_entered(const place& p, std::uint32_t walk) const {
  const auto at = records_.find(p);
  return at != records_.end() && at->second.walk == walk;
}

std::optional<directory_watches::place> directory_watches::next_after(const std::optional<place>& p) const {
  const auto at = p ? records_.upper_bound(*p) : records_.begin();
  return at == records_.end() ? std::nullopt : std::optional{at->first};
}

bool directory_watches::is_as_it_was(const directory& root, const place& p, std::uint32_t walk) {
  const auto at = records_.find(p);
  if (at == records_.end()) return true;
  auto& r = at->second;
  struct stat st{};
  const bool there = p.path.empty() ? ::fstat(root.fd(), &st) == 0
                                    : stat_at(root.fd(), p.path, st, AT_SYMLINK_NOFOLLOW) == 0;
  if (!p.path.empty() && (there ? !S_ISDIR(st.st_mode) : errno == ENOENT || errno == ENOTDIR)) {
    forget(p);
    return true;
  }
  const bool its_turn = (r.inode + walk) % full_every == 0;
  if (!there || r.trust != trust_ || r.told || its_turn) return false;
  if (st.st_dev != r.device || st.st_ino != r.inode || identity_of(st).ctime_ns != r.changed_ns) return false;
  r.walk = walk;
  return true;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> directory_watches::inode_of(const place& p) const {
  const auto at = records_.find(p);
  if (at == records_.end()) return std::nullopt;
  return std::pair{at->second.device, at->second.inode};
}

std::optional<directory_watches::change> directory_watches::next_change() {
  auto c = watcher_->next();
  if (!c) return c;
  if (c->what == change::kind::overflow) distrust_all();
  if (c->what != change::kind::file) return c;
  if (const auto at = records_.find(parent_of(*c)); at != records_.end()) at->second.told = true;
  return c;
}

void directory_watches::stop_hearing() noexcept {
  stopped_ = true;
  distrust_all();
  watcher_->stop();
}

void directory_watches::watch(const directory& dir, records::value_type& r) {
  const auto& [where, known] = r;
  if (stopped_) return;
  const bool deep = !max_depth_ || (where.path.empty() ? 0 : depth_of(where.path)) + 1 < *max_depth_;
  auto got = watcher_->watch(dir, where.root, where.path, deep);
  if (got < 0 && errno == ENOSPC && make_room_for(r))
    got = watcher_->watch(dir, where.root, where.path, deep);
  if (got == r.second.watch) return;
  unwatch(r);
  if (got < 0) return;
  r.second.watch = got;
  watched_.insert(rank_of(r));
  --unwatched_;
}

void directory_watches::unwatch(records::value_type& r) {
  if (r.second.watch < 0) return;
  watched_.erase(rank_of(r));
  watcher_->unwatch(std::exchange(r.second.watch, -1), r.first.root, r.first.path);
  ++unwatched_;
}

/// Directories below it go too: the path leads elsewhere now.
void directory_watches::forget(const place& p) {
  const auto drop = [this](records::iterator at) {
    unwatch(*at);
    --unwatched_;
    return records_.erase(at);
  };
  const auto below = p.path + "/";
  for (auto at = records_.lower_bound({p.root, below});
       at != records_.end() && at->first.root == p.root && at->first.path.starts_with(below);)
    at = drop(at);
  if (const auto at = records_.find(p); at != records_.end()) drop(at);
}

/// Takes the watch of the directory that needs it least, if that is not the one that asks.
bool directory_watches::make_room_for(const records::value_type& r) {
  if (watched_.empty()) return false;
  const auto holds = std::get<use>(*watched_.begin());
  if (holds == use::directories || rank_of(r) <= *watched_.begin()) return false;
  unwatch(*records_.find(*std::get<const place*>(*watched_.begin())));
  return true;
}

unsigned depth_of(const std::string& path) {
  return 1 + static_cast<unsigned>(std::ranges::count(path, '/'));
}

}  // namespace sluice::io
