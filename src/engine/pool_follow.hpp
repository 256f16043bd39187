// A run that follows its source: what is fresh, what failed before, and an endpoint that is waited for.
#pragma once

#include "engine/pool.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

namespace sluice::engine {

/// From the source to the backlog until finish(). All that may have something for it cancels `room`.
template <class Io>
awaitable<void> pool<Io>::follow(std::shared_ptr<run> r) {
  using kind = typename files_type::follower::step::kind;
  auto& f = *r->follow;
  const auto most = r->from.select.max_files;
  for (unsigned n = 1; !r->stopping && (most == 0 || f.begun < most); ++n) {
    retry_failed(*r);
    const auto now = clock::now();
    const auto wall = Io::wall_clock::now();
    const auto room = backlog_.flooded() ? follow_room::none
                      : backlog_.full()  ? follow_room::told
                                         : follow_room::any;
    // A walk's listing is older than what was sent and removed meanwhile: each name is looked at once more.
    constexpr bool look_at_each = true;
    auto s = f.source->next(now, wall, room, look_at_each);
    if (s.is == kind::ended) break;
    switch (s.is) {
      case kind::found:
        take_followed(*r, *s.what);
        pump();
        break;
      case kind::walk_begins:
        f.failed.walk_begins();
        if (settings_.raw.count_ahead && !f.counting)
          asio::co_spawn(
              executor_, count_waiting(r),
              [self = this->shared_from_this(), r](std::exception_ptr) { r->follow->counting = false; });
        break;
      case kind::walk_ends:
      case kind::walk_is_torn:
        if (s.is == kind::walk_ends) f.failed.walk_ends();
        f.walked = now;
        break;
      case kind::lost:
        root_lost(f.source->lost());
        break;
      case kind::nothing:
        co_await news_of(*r, now, wall);
        break;
      default:
        break;
    }
    if (s.is == kind::more || n % 64 == 0) co_await asio::post(executor_, asio::use_awaitable);
  }
  // The share they had to wait for is nobody else's any more.
  while (!r->stopping && !f.due.empty()) {
    auto e = std::move(f.due.front());
    f.due.pop_front();
    begin_followed(*r, e);
  }
  pump();
}

/// Waits until the source or the backlog may have something new.
template <class Io>
awaitable<void> pool<Io>::news_of(run& r, core::steady_time now, core::wall_time wall) {
  auto& f = *r.follow;
  if (const auto due = f.failed.next_due();
      due && !f.source->walking() && f.walked != core::steady_time::min())
    f.source->walk_by(std::max(*due, f.walked + f.again));
  const auto soonest =
      now + (backlog_.full() ? std::chrono::milliseconds{1000} : std::chrono::milliseconds{1});
  r.room.expires_at(std::max(f.source->next_at(now, wall), soonest));
  error_code ignored;
  co_await r.room.async_wait(into(ignored));
}

template <class Io>
std::uint64_t pool<Io>::place_of(const run& r, const directory_ptr& root, const std::string& path) const {
  const auto at = std::ranges::find(r.roots, root) - r.roots.begin();
  return core::revisit_id(static_cast<std::size_t>(at), path);
}

template <class Io>
void pool<Io>::take_followed(run& r, typename files_type::entry& e) {
  using origin = typename files_type::entry::origin;
  auto& f = *r.follow;
  if (e.what != files_type::entry::kind::file) return take_entry(r, e);
  const auto id = place_of(r, e.root, e.path);
  if (const auto at = f.under_way.find(id); at != f.under_way.end()) {
    at->second = at->second || e.from == origin::told;
    f.failed.due(id, clock::now());  // it is there
    return;
  }
  if (e.identity && r.accepted.contains(core::idempotency_key(e.path, *e.identity))) {
    e.what = files_type::entry::kind::skipped, e.why = errc::already_accepted;
    if (e.from == origin::first_walk) take_entry(r, e);
    return;
  }
  if (settings_.raw.dry_run && e.from == origin::walk) return;
  const bool its_time = f.failed.due(id, clock::now());
  if (f.failed.knows(id) && !f.source->finishing()) {
    if (!its_time && e.from != origin::told) return;
    if (f.due.size() >= f.most_due) {
      f.left_out = true;
      return;
    }
    f.under_way.emplace(id, false);
    f.failed.taken(id);
    if (e.from == origin::told)
      f.due.push_front(std::move(e));
    else
      f.due.push_back(std::move(e));
    return retry_failed(r);
  }
  begin_followed(r, e);
}

template <class Io>
void pool<Io>::begin_followed(run& r, typename files_type::entry& e) {
  using entry = typename files_type::entry;
  auto& f = *r.follow;
  const bool told = e.from == entry::origin::told;
  const auto& o = r.from.order;
  const bool newest_first = o.what == order::by::mtime && o.descending;
  auto j = job_of(r, e);
  j.place = place_of(r, j.root, j.path);
  j.tried_before = f.failed.knows(j.place);
  j.may_be_skipped = e.from == entry::origin::first_walk;
  f.under_way.emplace(j.place, false);
  if (j.tried_before) {
    ++f.retrying;
    f.failed.taken(j.place);
  } else {
    ++f.begun;
    f.came += told ? 1 : 0;
    if (told && e.identity && f.counted) f.oldest.add(e.identity->mtime_ns);
  }
  ++r.outstanding;
  if (settings_.raw.dry_run)
    finish(j, fate::skipped, errc::dry_run);
  else if (told && newest_first && !j.tried_before)
    backlog_.push_first(std::move(j));
  else if (told && o.what == order::by::none && !j.tried_before)
    backlog_.push_fresh(std::move(j));
  else
    backlog_.push(std::move(j));
}

/// Those that failed before, never more of them at once than an eighth of the window.
template <class Io>
void pool<Io>::retry_failed(run& r) {
  auto& f = *r.follow;
  const auto share = std::max<std::size_t>(permits_.limit() / 8, 1);
  while (!f.due.empty() && !backlog_.full() && (f.retrying < share || f.source->finishing())) {
    auto e = std::move(f.due.front());
    f.due.pop_front();
    begin_followed(r, e);
    pump();
  }
  if (f.due.empty() && std::exchange(f.left_out, false) && !f.source->finishing()) f.source->rescan();
}

/// It is outstanding no more. What was told of it meanwhile is looked at now.
template <class Io>
void pool<Io>::released(const job_type& j) try {
  auto& r = *run_;
  auto& f = *r.follow;
  const auto node = f.under_way.extract(j.place);
  if (j.tried_before) --f.retrying;
  if (r.stopping) return;
  r.room.cancel();
  if (!node.empty() && node.mapped() && !r.fed) f.source->look_again(j.root, j.path);
} catch (const std::bad_alloc&) {
  run_->follow->source->rescan();
}

/// A file of a followed source has its fate: is it done with, or tried again some time?
template <class Io>
void pool<Io>::fated(const job_type& j, error_code why) try {
  auto& f = *run_->follow;
  const auto& r = j.record;
  const bool taken_away = r.disposal == "deleted" || r.disposal == "moved";
  const bool known = r.fate == fate::accepted || r.fate == fate::undeletable;
  if (known && !taken_away) run_->accepted.add(r.key);
  if (known || taken_away || r.fate == fate::vanished || r.fate == fate::skipped) {
    f.failed.forget(j.place);
    ++f.went;
    f.oldest.remove(r.mtime_ns);
  } else if (why != errc::stopped) {
    f.failed.failed(j.place, clock::now());
  }
  released(j);
} catch (const std::bad_alloc&) {  // its fate counts; a walk finds it, if it is still there
  released(j);
}

/// No fate: the kernel, or the next walk, will tell of it again. False where it needs one.
template <class Io>
bool pool<Io>::left_alone(job_type& j, error_code why) {
  if (j.upload || !run_->follow || run_->stopping) return false;
  const bool known = why == errc::already_accepted && !j.may_be_skipped;
  const bool busy = why == errc::being_written && !run_->follow->source->finishing();
  const bool no_file = why == errc::not_a_regular_file && !j.may_be_skipped;
  if (!known && !busy && !no_file) return false;
  j.settled = true;
  auto& f = *run_->follow;
  ++f.left_alone;
  if (busy)
    f.failed.let_go(j.place, clock::now());
  else
    f.failed.forget(j.place);
  released(j);
  one_less();
  return true;
}

/// A run that follows waits for its endpoint as long as it takes: its failures are no file's.
template <class Io>
bool pool<Io>::waits_for_endpoint(const job_type& j, const core::judgement& v) const {
  using core::blame;
  if (j.upload || !run_->follow || run_->stopping || run_->follow->source->finishing()) return false;
  if (v.blame == blame::unreachable || v.blame == blame::refuses_us || v.blame == blame::identity)
    return true;
  // Others went well since this file was first tried: then it is the file.
  return v.blame == blame::busy && run_->follow->last_good < j.first_attempt;
}

/// Its attempts begin anew.
template <class Io>
void pool<Io>::wait_for_endpoint(job_type& j, const core::judgement& v) {
  j.record.error = v.reason;
  j.settled = true;
  const auto due = clock::now() + core::backoff(settings_.raw.retry, j.attempts, random_);
  j.attempts = 0;
  backlog_.push_later(std::move(j), due);
}

/// Checked before each removal: nothing is taken out of a directory that is not the source any more.
template <class Io>
bool pool<Io>::still_in_source(const job_type& j) const {
  return j.upload || !run_ || !run_->follow || run_->follow->source->still_there(*j.root);
}

template <class Io>
void pool<Io>::root_lost(const std::string& path) {
  stop_run(stop_reason::source_unreadable, "'" + printable(path) + "' was moved away or replaced", true);
}

template <class Io>
void pool<Io>::rescan(bool and_end) {
  if (!run_ || !run_->follow || run_->stopping) return;
  if (and_end) {
    run_->follow->source->finish();
    gate_.never_stop(false);
  } else {
    run_->follow->source->rescan();
  }
  run_->room.cancel();
}

}  // namespace sluice::engine
