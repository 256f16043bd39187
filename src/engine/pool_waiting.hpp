// How much waits in a followed source, and since when.
#pragma once

#include "core/idempotency_key.hpp"
#include "engine/pool.hpp"

namespace sluice::engine {

/// A walk that only counts: files to be sent, and those that are too young yet.
template <class Io>
awaitable<void> pool<Io>::count_waiting(std::shared_ptr<run> r) {
  auto& f = *r->follow;
  f.counting = true;
  auto all = r->from;
  all.order = {}, all.select.max_files = 0;
  const auto reader = files_.read(all, r->roots, r->selector, true);
  if (f.counted) f.counted = f.waiting();  // until it is known better
  f.came = f.went = 0;
  std::uint64_t files = 0;
  oldest_times oldest;
  for (unsigned n = 1; run_ == r && !r->stopping; ++n) {
    error_code ec;
    const auto e = co_await reader->next(ec);
    if (!e) break;
    const auto& identity = e->identity;
    const bool grows = e->what == files_type::entry::kind::skipped && identity &&
                       r->selector.wants_name(e->path) &&
                       r->selector.old_enough_at(*identity, Io::wall_clock::now());
    if ((e->what == files_type::entry::kind::file || grows) &&
        !(identity && r->accepted.contains(core::idempotency_key(e->path, *identity)))) {
      ++files;
      if (identity) oldest.add(identity->mtime_ns);
    }
    if (n % 256 == 0) co_await asio::post(executor_, asio::use_awaitable);
  }
  f.counted = files;
  f.oldest = std::move(oldest);
}

template <class Io>
void pool<Io>::tell_waiting(progress& p) const {
  const auto& f = *run_->follow;
  p.only_rescans = f.source->only_rescans();
  if (!f.counted) return;
  p.backlog = f.waiting();
  const auto ns = f.oldest.least();
  if (*p.backlog > 0 && ns)
    p.oldest = std::chrono::system_clock::time_point{
        std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds{*ns})};
}

}  // namespace sluice::engine
