#include "io/sources/source_follower.hpp"

#include <sluice/error.hpp>

#include <sys/stat.h>

#include <algorithm>

namespace sluice::io {
namespace {

constexpr int at_a_time = 64;  ///< entries looked at in one step

bool told_goes_first(const order& o) noexcept {
  return o.what == order::by::none || (o.what == order::by::mtime && o.descending);
}

follow_step end_walk(core::walk_schedule& walks, core::steady_time now) {
  return {walks.end_walk(now) ? follow_step::kind::walk_ends : follow_step::kind::walk_is_torn};
}

}  // namespace

source_follower::source_follower(asio::any_io_executor executor, const source& from,
                                 std::vector<std::shared_ptr<const directory>> roots,
                                 const core::selector& selector, std::function<void()> news,
                                 tree_walk::judge known, std::size_t most_bytes_listed)
    : from_{from},
      selector_{selector},
      roots_{std::move(roots)},
      watches_{std::move(executor), from.select, std::move(news)},
      schedule_{from.follow->rescan},
      new_walk_{{roots_, watches_, selector, known}},
      walk_{{roots_, watches_, selector, known}} {
  if (from.order.what != order::by::none) listing_.emplace(from.order, most_bytes_listed);
}

source_follower::step source_follower::next(core::steady_time now, core::wall_time wall, follow_room room) {
  using kind = step::kind;
  using turn = core::walk_schedule::turn;
  if (schedule_.has_ended()) return {kind::ended};
  if (share_.is_used_up()) {
    share_.renew();
    return {kind::more};
  }
  const loop_share::step counted{share_};
  if (!roots_.look_for_all(now)) return {kind::lost};
  if (auto heard = hear_kernel(wall, room); heard.is != kind::nothing) return heard;
  queue_.grow_up(wall);
  if (queue_.has_file() && may_take_told(room)) return next_told(wall);
  if (new_walk_.under_way() || queue_.has_directory()) return next_in_new(wall, room);
  switch (schedule_.turn_at(now)) {
    case turn::walk:
      if (room != follow_room::any) return {};
      return next_walked(now, wall);
    case turn::begin:
      return begin_walk(now);
    case turn::rest:
      return {};
    case turn::end:
      break;
  }
  if (room != follow_room::any) return {};
  schedule_.end_following();
  return {kind::ended};
}

void source_follower::rescan(bool of_all) noexcept {
  if (of_all) watches_.distrust_all();
  schedule_.ask_walk();
}

bool source_follower::may_take_told(follow_room room) const {
  return room != follow_room::none && (told_goes_first(from_.order) || !schedule_.under_way());
}

core::steady_time source_follower::next_at(core::steady_time now, core::wall_time wall) const {
  const auto at = std::min(schedule_.next_at(), roots_.next_look());
  const auto grown = queue_.next_at();
  if (!grown || *grown - wall >= look_every) return at;
  return std::min(at, now + std::max(*grown - wall, core::wall_time::duration{1'000'000}));
}

void source_follower::look_again(const std::shared_ptr<const directory>& root, std::string path) {
  if (const auto n = roots_.number_of(root.get())) queue_.add_file({*n, std::move(path)});
}

bool source_follower::put_off(const std::shared_ptr<const directory>& root, std::string path,
                              core::wall_time t) {
  const auto n = roots_.number_of(root.get());
  return n && queue_.put_off({*n, std::move(path)}, t);
}

source_follower::step source_follower::hear_kernel(core::wall_time wall, follow_room room) {
  using kind = inotify_watcher::change::kind;
  for (int n = 0; n < 8 * at_a_time; ++n) {
    auto c = watches_.next_change();
    if (!c) return {};
    switch (c->what) {
      case kind::file:
        if (auto s = hear_file({c->root, std::move(c->path)}, wall, room); s.is != step::kind::nothing)
          return s;
        break;
      case kind::directory:
        parent_.forget_directory();  // the new directory may have taken the name of one that was moved out
        if (!selector_.wants_directory(c->path, depth_of(c->path))) break;
        if (!queue_.add_directory({c->root, std::move(c->path)})) schedule_.ask_walk();
        break;
      case kind::overflow:
        schedule_.ask_walk();
        return {step::kind::events_lost};
      case kind::root_gone:
        roots_.look_soon();
        return {step::kind::more};
    }
  }
  return {step::kind::more};
}

/// A file for which there is no room waits, and where too many wait already the next walk finds it.
source_follower::step source_follower::hear_file(place p, core::wall_time wall, follow_room room) {
  if (!selector_.wants_name(p.path) || !selector_.is_ours(p.path)) return {};
  auto seen = look_at(p, wall);
  if (!seen.what) return {};
  if (seen.grows) return {step::kind::waits, std::move(seen.what)};
  if (may_take_told(room) && !queue_.has_file()) return {step::kind::found, std::move(seen.what)};
  if (queue_.has_room())
    queue_.add_file(std::move(p));
  else
    schedule_.ask_walk();
  return {step::kind::waits, std::move(seen.what)};
}

source_follower::step source_follower::next_told(core::wall_time wall) {
  for (int n = 0; n < at_a_time; ++n) {
    const auto p = queue_.next_file();
    if (!p) break;
    auto seen = look_at(*p, wall);
    if (seen.what) return {seen.grows ? step::kind::waits : step::kind::found, std::move(seen.what)};
  }
  return {step::kind::more};
}

/// The entry that a name leads to, as a walk would have it.
source_follower::look source_follower::look_at(const place& p, core::wall_time wall) {
  struct stat st{};
  const auto& root = roots_[p.root];
  if (!parent_.stat_place(*root, p, st) || !S_ISREG(st.st_mode)) return {};
  const auto identity = identity_of(st);
  if (!selector_.wants_name(p.path)) return {};
  const bool grows = waits_to_grow(p, identity, wall);
  if (!grows && !selector_.wants_content(identity, wall)) return {};
  return {entry{entry::kind::file, root, p.path, {}, identity, entry::origin::told}, grows};
}

/// True when it is too young, and nothing else is against it.
bool source_follower::waits_to_grow(const place& p, const std::optional<core::file_identity>& f,
                                    core::wall_time wall) {
  if (!f || !selector_.wants_name(p.path)) return false;
  const auto at = selector_.old_enough_at(*f, wall);
  if (at) queue_.wait_to_grow(p, *at);
  return at.has_value();
}

/// Files in it are counted, and wait, whatever there is room for.
source_follower::step source_follower::next_in_new(core::wall_time wall, follow_room room) {
  if (!new_walk_.under_way()) {
    const auto p = *queue_.next_directory();
    new_walk_.begin_below({p.root, p.path});
  }
  auto s = read_some(new_walk_, wall, entry::origin::told);
  if (s.is != step::kind::found || room == follow_room::any) return s;
  const auto root = roots_.number_of(s.what->root.get());
  if (root && queue_.has_room())
    queue_.add_file({*root, s.what->path});
  else
    schedule_.ask_walk();
  s.is = step::kind::waits;
  return s;
}

source_follower::step source_follower::begin_walk(core::steady_time now) {
  roots_.look_soon();
  if (!roots_.look_for_all(now)) return {step::kind::lost};
  schedule_.begin_walk();
  if (listing_) listing_->begin_anew();
  if (schedule_.is_last()) {
    watches_.stop_hearing();
    queue_.forget_all();
    new_walk_.give_up();
  }
  walk_.begin();
  return {step::kind::walk_begins};
}

/// Where there is an order, the walk's files come when all were seen. Those that had no room in the listing
/// are another listing's, at once: all of them are one walk.
source_follower::step source_follower::next_walked(core::steady_time now, core::wall_time wall) {
  const auto origin = schedule_.is_first() ? entry::origin::first_walk : entry::origin::walk;
  if (!walk_.under_way()) {
    if (!listing_) return end_walk(schedule_, now);
    if (!listing_->is_sorted()) return listing_->sort_some(), step{step::kind::more};
    if (auto e = listing_->next_entry()) {
      e->from = origin;
      return {step::kind::found, std::move(e)};
    }
    if (!listing_->has_rest()) return end_walk(schedule_, now);
    listing_->begin_rest();
    walk_.begin();
  }
  for (;;) {
    auto s = read_some(walk_, wall, origin);
    if (s.is != step::kind::found || !listing_) return s;
    const bool is_file = s.what->what == entry::kind::file;
    if (!is_file && !listing_->is_rest()) return s;
    if (is_file) listing_->add_file(std::move(*s.what));
    if (share_.is_used_up()) return {step::kind::more};
  }
}

/// The first walk tells of what is not sent. The last one tells of directories that were not seen: who ends
/// it has to know.
source_follower::step source_follower::read_some(tree_walk& walk, core::wall_time wall, entry::origin from) {
  using kind = entry::kind;
  for (int n = 0; n < at_a_time && !share_.is_used_up(); ++n) {
    auto s = walk.next(wall);
    if (s.ended) break;
    if (!s.what) continue;
    auto& e = *s.what;
    e.from = from;
    const bool first = from == entry::origin::first_walk;
    if (e.what == kind::unreadable_directory) schedule_.tear_walk();
    if (e.what == kind::skipped && !schedule_.is_last() && waits_to_grow({s.root, e.path}, e.identity, wall))
      return {step::kind::waits, std::move(s.what)};
    const bool told =
        e.what == kind::file ? !s.known || first : first || (schedule_.is_last() && e.what != kind::skipped);
    if (told) return {step::kind::found, std::move(s.what)};
  }
  return {step::kind::more};
}

}  // namespace sluice::io
