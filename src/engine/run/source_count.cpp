#include "engine/run/source_count.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::engine {
namespace {

constexpr core::milliseconds turn{1}, pause{9};  ///< a tenth of the loop
constexpr unsigned most_in_a_turn = 1000;        ///< also where the clock stands still
constexpr core::milliseconds before_again{500};  ///< while directories are not watched yet

std::int64_t nanoseconds_of(core::wall_time t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

}  // namespace

source_count::source_count(const context& c, const run_files& files, const source& from)
    : context_{c}, files_{files}, from_{from} {}

void source_count::walk_begins() {
  if (!context_.settings.raw.count_ahead || state_ == state::by_itself) return;
  state_ = state::with_a_walk;
  in_doubt_ = false;
  figures_.begin(nanoseconds_of(context_.wall()));
}

void source_count::walk_saw(std::uint64_t place, const io::entry& e) {
  if (state_ == state::with_a_walk && e.identity) figures_.saw(place, *e.identity);
}

void source_count::walk_ends(const std::function<bool(std::uint64_t)>& is_on_its_way, bool whole) {
  walked_ = walked_ || whole;
  if (state_ != state::with_a_walk) return;
  figures_.end(is_on_its_way);
  rest(true);
}

void source_count::came(std::uint64_t place, const io::entry& e) {
  if (context_.settings.raw.count_ahead && e.identity) figures_.came(place, *e.identity);
}

void source_count::taken(std::uint64_t place, const io::entry& e) {
  if (context_.settings.raw.count_ahead)
    figures_.taken(place, e.identity.value_or(core::file_identity{}),
                   state_ == state::with_a_walk || has_passed(e));
}

/// Walks keep their time by themselves while they have room.
bool source_count::is_due(core::steady_time now, bool walks_wait) noexcept {
  if (!context_.settings.raw.count_ahead || state_ == state::by_itself) return false;
  const bool is_time = !figures_.known() || in_doubt_ || now >= next_at_;
  if (state_ == state::with_a_walk) {
    if (walks_wait && !is_time) rest(false);
    return walks_wait && is_time;
  }
  const bool is_late = figures_.known() && now >= next_at_ + from_.follow->rescan / 2;
  return figures_.wants_another() || (walks_wait ? is_time : is_late);
}

core::steady_time source_count::wakes_at() const noexcept {
  const bool waits = context_.settings.raw.count_ahead && !walked_ && state_ != state::by_itself;
  return waits ? next_at_ : core::steady_time::max();
}

awaitable<void> source_count::count(std::function<bool()> stopped,
                                    std::function<bool(std::uint64_t)> is_on_its_way) {
  const auto& c = context_;
  state_ = state::by_itself;
  in_doubt_ = false;
  const auto begun = c.now();
  figures_.begin(nanoseconds_of(c.wall()));
  auto all = from_;
  all.order = {}, all.select.max_files = 0;
  io::opened_source opened;
  opened.roots = files_.opened().roots;
  const auto reader = c.world.files->read(all, opened, files_.selector(), true);
  const auto timer = c.world.clock->make_timer();
  auto until = c.now() + turn;
  for (unsigned n = 1; !stopped(); ++n) {
    error_code ec;
    const auto e = co_await reader->next(ec);
    if (!e) {
      figures_.end(is_on_its_way);
      break;
    }
    look_at(*e);
    if (n % most_in_a_turn != 0 && (n % 16 != 0 || c.now() < until)) continue;
    timer->expires_at(c.now() + pause);
    co_await timer->async_wait(into(ec));
    until = c.now() + turn;
  }
  rest(!figures_.counting());
  // Files that come to a directory without a watch are in the next count only. It takes half of a tenth of
  // the loop.
  const auto now = c.now();
  if (!walked_)
    next_at_ = std::min(next_at_, now + std::max<core::steady_time::duration>(before_again, now - begun));
}

/// A file to be sent, or one that is too young yet.
void source_count::look_at(const io::entry& e) {
  using kind = io::entry::kind;
  if (!e.identity || e.what == kind::unreadable_directory) return;
  auto& passed = passed_[directory_of(e)];
  passed = std::max(passed, e.offset);
  const auto& selector = files_.selector();
  const bool grows = e.what == kind::skipped && selector.wants_name(e.path) &&
                     selector.old_enough_at(*e.identity, context_.wall());
  if (e.what != kind::file && !grows) return;
  if (!files_.is_known(e.root, e.path, *e.identity))
    figures_.saw(files_.place_of(e.root, e.path), *e.identity);
}

bool source_count::has_passed(const io::entry& e) const {
  if (state_ != state::by_itself) return false;
  const auto at = passed_.find(directory_of(e));
  return at != passed_.end() && e.offset <= at->second;
}

std::uint64_t source_count::directory_of(const io::entry& e) const {
  const auto slash = e.path.rfind('/');
  return files_.place_of(e.root, e.path.substr(0, slash == std::string::npos ? 0 : slash));
}

void source_count::rest(bool counted) noexcept {
  figures_.give_up();
  passed_.clear();
  state_ = state::resting;
  if (counted) next_at_ = context_.now() + from_.follow->rescan;
}

}  // namespace sluice::engine
