#include "engine/run/folder_sweep.hpp"

#include <sluice/text.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

namespace sluice::engine {

void folder_sweep::begin(const source& from, std::weak_ptr<void> owner) {
  const auto& cfg = context_.settings.raw;
  if (!cfg.delete_empty_dirs || cfg.dry_run || from.roots().empty()) return;
  owner_ = std::move(owner);
  timer_ = context_.world.clock->make_timer();
}

void folder_sweep::took_file(const job& j, const io::opened_file& f) noexcept try {
  if (!timer_) return;
  const auto& roots = files_.opened().roots;
  const auto root = std::ranges::find(roots, j.root);
  auto folder = core::folder_of(j.path);
  if (root == roots.end() || !folder) return;
  const auto left = f.folder_now();
  if (!left) return;
  const auto number = static_cast<std::size_t>(root - roots.begin());
  emptied_.took_file({number, std::move(*folder)}, *left, f.identity().ctime_ns, context_.now());
  arm();
} catch (const std::bad_alloc&) {  // the folder stays
}

void folder_sweep::arm() {
  const auto at = emptied_.next_at();
  if (is_armed_ || at == core::steady_time::max()) return;
  is_armed_ = true;
  timer_->expires_at(at);
  timer_->async_wait([this, weak = owner_, whole = context_.whole](error_code e) {
    const auto alive = whole.lock();
    const auto owner = weak.lock();
    if (!alive || !owner || e) return;
    is_armed_ = false;
    try {
      remove_due();
      arm();
    } catch (const std::bad_alloc&) {  // the next file that is taken away sets the timer again
    }
  });
}

void folder_sweep::remove_due() {
  const auto until = context_.now() + slice;
  do {
    const auto c = emptied_.next_due(context_.now());
    if (!c) return;
    remove(*c);
  } while (context_.now() < until);
}

void folder_sweep::remove(const core::emptied_folders::candidate& c) {
  const auto& root = *files_.opened().roots[c.place.root];
  if (followed_ != nullptr && !followed_->still_there(root)) return;
  const auto r = context_.world.files->remove_folder(root, c.place.path, c.is.left);
  if (r.what == core::folder_removal::result::removed) {
    totals_.removed_folder();
    if (followed_ != nullptr) followed_->folder_removed(root, c.place.path);
  }
  if (r.what == core::folder_removal::result::refused) tell_refusal(c, r.why);
  emptied_.tried(c, r, context_.now());
}

/// Once: where one folder cannot be removed, others cannot either.
void folder_sweep::tell_refusal(const core::emptied_folders::candidate& c, const error_code& why) {
  if (std::exchange(told_, true)) return;
  const auto& root = files_.opened().roots[c.place.root]->path();
  context_.tell(notice::kind::folder_stays,
                "the emptied folder '" + printable(root + "/" + c.place.path) +
                    "' stays, as others may: it cannot be removed: " + why.message());
}

/// Folders stay where there is no memory, and the run ends all the same.
awaitable<void> folder_sweep::finish() try {
  if (!timer_) co_return;
  timer_->cancel();
  is_armed_ = true;  // no timer is set any more
  emptied_.finish();
  while (emptied_.next_at() <= context_.now()) {
    remove_due();
    co_await asio::post(context_.world.executor, asio::use_awaitable);
  }
  auto until = context_.now() + slice;
  while (const auto c = emptied_.next_left()) {
    const auto& root = *files_.opened().roots[c->place.root];
    if (context_.world.files->has_empty_folder(root, c->place.path)) ++left_;
    if (context_.now() < until) continue;
    co_await asio::post(context_.world.executor, asio::use_awaitable);
    until = context_.now() + slice;
  }
} catch (const std::bad_alloc&) {
}

}  // namespace sluice::engine
