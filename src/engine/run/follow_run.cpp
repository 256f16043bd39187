#include "engine/run/follow_run.hpp"

#include "core/pacing/retry.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace sluice::engine {

follow_run::follow_run(const run_site& site, source from, drain_options options, drain_done done)
    : run{site, std::move(from), std::move(options), std::move(done)},
      intake_{site.context, site.dispatcher, *this},
      known_{.failed = core::revisits{{from_.follow->again, from_.follow->again_most}}},
      count_{site.context, spool_.files, from_} {}

void follow_run::opened() {
  const auto news = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->backlog_is_low();
  };
  const auto known = [weak = weak_from_this()](const io::entry& e) {
    const auto self = weak.lock();
    return self && self->spool().files.is_known(e.root, e.path, *e.identity);
  };
  spool_.source = site_.context.world.files->follow(from_, spool_.files.opened().roots,
                                                    spool_.files.selector(), news, known);
  spool_.folders.follow(spool_.source.get());
  terms_.follows = true;
  spool_.stuck.try_again_every(from_.follow->again, from_.follow->again_most);
  site_.dispatcher.gate().never_stop(true);
  if (known_.finish_asked) rescan(true);
}

/// Files go from the source to the backlog until finish(). All that may have something new cancels `room`.
awaitable<void> follow_run::feed() {
  using kind = io::follow_step::kind;
  const auto& c = site_.context;
  const auto& backlog = site_.dispatcher.backlog();
  auto& source = *spool_.source;
  const auto most = from_.select.max_files;
  for (unsigned n = 1; !state_.stopping && (most == 0 || known_.begun < most); ++n) {
    begin_retries();
    if (c.now() >= spool_.stuck.next_try() &&
        co_await spool_.stuck.try_again(shared_from_this(), terms_, site_.conclusion)) {
      known_.failed.hurry(c.now());
      source.rescan(false);
    }
    if (state_.stopping) break;
    const auto now = c.now();
    const auto wall = c.wall();
    const auto room = backlog.flooded() ? io::follow_room::none
                      : backlog.full()  ? io::follow_room::told
                                        : io::follow_room::any;
    if (count_.is_due(now, room != io::follow_room::any)) begin_count();
    auto s = source.next(now, wall, room);
    if (s.is == kind::ended) break;
    switch (s.is) {
      case kind::found:
        take(*s.what);
        site_.dispatcher.pump();
        break;
      case kind::waits:
        saw_waiting(*s.what);
        break;
      case kind::events_lost:
        count_.doubt();
        break;
      case kind::walk_begins:
        known_.failed.walk_begins();
        count_.walk_begins();
        break;
      case kind::walk_ends:
      case kind::walk_is_torn:
        if (s.is == kind::walk_ends) known_.failed.walk_ends();
        count_.walk_ends(on_their_way(), s.is == kind::walk_ends);
        walked_ = now;
        break;
      case kind::lost:
        root_lost(source.lost());
        break;
      case kind::nothing:
        co_await news(now, wall);
        break;
      default:
        break;
    }
    if (s.is == kind::more || n % 64 == 0) co_await asio::post(c.world.executor, asio::use_awaitable);
  }
  // The share they had to wait for is nobody else's any more.
  while (!state_.stopping && !known_.due.empty()) {
    auto e = std::move(known_.due.front());
    known_.due.pop_front();
    begin_job(e);
  }
  site_.dispatcher.pump();
}

/// No job is made of it: a file that is too young, or one that has no room yet.
void follow_run::saw_waiting(const io::entry& e) {
  if (!e.identity || spool_.files.is_known(e.root, e.path, *e.identity)) return;
  const auto id = spool_.files.place_of(e.root, e.path);
  if (e.from == io::entry::origin::told)
    count_.came(id, e);
  else
    count_.walk_saw(id, e);
}

void follow_run::begin_count() {
  const auto stopped = [this] { return state_.stopping || state_.fed; };
  asio::co_spawn(site_.context.world.executor, count_.count(stopped, on_their_way()),
                 [self = shared_from_this(), this, whole = site_.context.keep_alive()](std::exception_ptr e) {
                   if (e) count_.give_up();
                 });
}

std::function<bool(std::uint64_t)> follow_run::on_their_way() const {
  return [this](std::uint64_t place) { return known_.under_way.contains(place); };
}

/// Waits until the source or the backlog may have something new.
awaitable<void> follow_run::news(core::steady_time now, core::wall_time wall) {
  auto& source = *spool_.source;
  if (const auto due = known_.failed.next_due();
      due && !source.walking() && walked_ != core::steady_time::min())
    source.walk_by(std::max(*due, walked_ + from_.follow->again));
  const bool full = site_.dispatcher.backlog().full();
  const auto soonest = now + (full ? core::milliseconds{1000} : core::milliseconds{1});
  const auto count_at = full ? count_.wakes_at() : core::steady_time::max();
  const auto next = std::min({source.next_at(now, wall), spool_.stuck.next_try(), count_at});
  timers_.room->expires_at(std::max(next, soonest));
  error_code ignored;
  co_await timers_.room->async_wait(into(ignored));
}

void follow_run::take(io::entry& e) {
  using origin = io::entry::origin;
  if (e.what != io::entry::kind::file) return intake_.take(e);
  const auto now = site_.context.now();
  const auto id = spool_.files.place_of(e.root, e.path);
  if (const auto at = known_.under_way.find(id); at != known_.under_way.end()) {
    count_.walk_saw(id, e);
    at->second = at->second || e.from == origin::told;
    known_.failed.due(id, now);  // the file is there
    return;
  }
  const bool first = e.from == origin::first_walk;
  if (e.identity && spool_.files.is_known(e.root, e.path, *e.identity) &&
      !(first && spool_.files.digest_of_kept(e.path, *e.identity))) {
    e.what = io::entry::kind::skipped, e.why = errc::already_accepted;
    if (first) intake_.take(e);
    return;
  }
  if (site_.context.settings.raw.dry_run && e.from == origin::walk) return;
  if (e.from == origin::told)
    count_.came(id, e);
  else
    count_.walk_saw(id, e);
  const bool its_time = known_.failed.due(id, now);
  if (!known_.failed.knows(id) || spool_.source->finishing()) return begin_job(e);
  if (!its_time && e.from != origin::told) return;
  constexpr std::size_t most_due = 1024;
  if (known_.due.size() >= most_due) {
    known_.left_out = true;
    return;
  }
  known_.under_way.emplace(id, false);
  known_.failed.taken(id);
  if (e.from == origin::told)
    known_.due.push_front(std::move(e));
  else
    known_.due.push_back(std::move(e));
  begin_retries();
}

void follow_run::begin_job(io::entry& e) {
  const bool told = e.from == io::entry::origin::told;
  const auto& o = from_.order;
  const bool newest_first = o.what == order::by::mtime && o.descending;
  const auto place = spool_.files.place_of(e.root, e.path);
  count_.taken(place, e);
  auto j = intake_.job_of(e);
  auto& notes = j.followed;
  notes.place = place;
  notes.tried_before = known_.failed.knows(notes.place);
  notes.may_be_skipped = e.from == io::entry::origin::first_walk;
  known_.under_way.emplace(notes.place, false);
  const bool fresh = told && !notes.tried_before;
  if (notes.tried_before) {
    ++known_.retrying;
    known_.failed.taken(notes.place);
  } else {
    ++known_.begun;
  }
  using turn = dispatcher::turn;
  intake_.enqueue(j, fresh && newest_first                ? turn::first
                     : fresh && o.what == order::by::none ? turn::fresh
                                                          : turn::last);
}

/// Files that failed before get an eighth of the window at most.
void follow_run::begin_retries() {
  const bool finishing = spool_.source->finishing();
  const auto share = std::max<std::size_t>(site_.window.permits().limit() / 8, 1);
  while (!known_.due.empty() && !site_.dispatcher.backlog().full() &&
         (known_.retrying < share || finishing)) {
    auto e = std::move(known_.due.front());
    known_.due.pop_front();
    begin_job(e);
    site_.dispatcher.pump();
  }
  if (known_.due.empty() && std::exchange(known_.left_out, false) && !finishing) spool_.source->rescan(false);
}

std::optional<core::steady_time> follow_run::decide(job& j, outcome o) {
  if (state_.stopping) return run::decide(j, std::move(o));
  if (o.again && (o.error != errc::not_settled || spool_.source->finishing())) return o.again;
  if (leaves_alone(j, o)) {
    leave_alone(j, o.error);
    return std::nullopt;
  }
  const bool others_went_well = last_good_ >= j.attempts.first;
  if (o.endpoint && o.endpoint->blame == core::blame::refuses_us && others_went_well) ++j.followed.refusals;
  if (waits_for_endpoint(j, o)) {  // the file's attempts begin anew
    j.record.error = o.error, j.record.reason = o.reason;
    j.attempts.lost = 0;
    const auto wait = core::backoff(site_.context.settings.raw.retry, std::exchange(j.attempts.made, 0),
                                    site_.context.random);
    return site_.context.now() + wait;
  }
  const bool lost = o.fate == fate::undeletable && o.error == errc::source_unreadable;
  const auto root = j.root;
  o.again.reset();
  run::decide(j, std::move(o));
  if (lost) root_lost(root->path());
  return std::nullopt;
}

/// No fate: the kernel, or the next walk, will tell of it again.
bool follow_run::leaves_alone(const job& j, const outcome& o) const {
  if (o.sample) return false;
  const auto& why = o.error;
  const bool busy = why == errc::being_written || why == errc::not_settled;
  if (busy) return !spool_.source->finishing();
  return (why == errc::already_accepted || why == errc::not_a_regular_file) && !j.followed.may_be_skipped;
}

void follow_run::leave_alone(const job& j, error_code why) {
  auto& source = *spool_.source;
  const auto now = site_.context.now();
  const auto place = j.followed.place;
  if (why == errc::being_written || why == errc::not_settled)
    known_.failed.let_go(place, now);
  else
    known_.failed.forget(place), count_.went(place);
  if (why == errc::not_settled) {  // the file waits in the source: others, which have settled, need the room
    const auto remaining = std::max(j.opening.settled_at - now, core::steady_time::duration::zero());
    const auto at = site_.context.wall() + std::chrono::duration_cast<core::wall_time::duration>(remaining);
    if (!source.put_off(j.root, j.path, at)) source.walk_by(now + remaining);
  }
  released(j);
  one_less();
}

/// A run that follows waits for its endpoint as long as it takes: its failures are no file's.
bool follow_run::waits_for_endpoint(const job& j, const outcome& o) const {
  using core::blame;
  if (!o.endpoint || o.fate == fate::accepted || spool_.source->finishing()) return false;
  const auto b = o.endpoint->blame;
  if (b == blame::unreachable || b == blame::identity) return true;
  // The file is at fault when others went well since it was first tried. Credentials that end do that to
  // files on their way, so a refusal of us must be said to it again and again.
  const bool others_went_well = last_good_ >= j.attempts.first;
  constexpr unsigned enough = 3;
  if (b == blame::refuses_us) return !others_went_well || j.followed.refusals < enough;
  return b == blame::busy && !others_went_well;
}

void follow_run::endpoint_judged(const core::judgement& v, core::blame stopped, const trouble_now& trouble) {
  if (v.blame == core::blame::nobody || v.blame == core::blame::file) last_good_ = site_.context.now();
  run::endpoint_judged(v, stopped, trouble);
}

/// A file has its fate: is it done with, or tried again some time?
void follow_run::fated(const job& j, error_code why) try {
  const auto place = j.followed.place;
  if (place == 0) return;
  const auto& r = j.record;
  const bool taken_away = r.disposal != disposed::kept;
  const bool known = r.fate == fate::accepted || r.fate == fate::undeletable;
  if (known && !taken_away) spool_.files.add_known(r);
  if (known || taken_away || r.fate == fate::vanished || r.fate == fate::skipped) {
    known_.failed.forget(place);
    count_.went(place);
  } else if (why != errc::stopped) {
    known_.failed.failed(place, site_.context.now());
  }
  released(j);
} catch (const std::bad_alloc&) {  // the fate counts; a walk finds the file, if it is still there
  released(j);
}

/// A job is on its way no more. A file that the kernel told of meanwhile is looked at now.
void follow_run::released(const job& j) try {
  const auto node = known_.under_way.extract(j.followed.place);
  if (j.followed.tried_before) --known_.retrying;
  if (state_.stopping) return;
  backlog_is_low();
  if (!node.empty() && node.mapped() && !state_.fed) spool_.source->look_again(j.root, j.path);
} catch (const std::bad_alloc&) {
  spool_.source->rescan(false);
}

void follow_run::root_lost(const std::string& path) {
  stop(stop_reason::source_unreadable, "'" + printable(path) + "' was moved away or replaced", true);
}

void follow_run::rescan(bool and_end) {
  if (state_.stopping) return;
  if (!spool_.source) {  // the first walk is still to come
    known_.finish_asked = known_.finish_asked || and_end;
    return;
  }
  if (and_end) {
    spool_.source->finish();
    site_.dispatcher.gate().never_stop(false);
  } else {
    spool_.source->rescan(true);
  }
  spool_.stuck.try_now();
  backlog_is_low();
}

std::uint64_t follow_run::waiting() const {
  constexpr std::size_t full = 65'536;  // core::revisits has so many places, and forgets what does not fit
  const bool at_rest = !spool_.source->walking() && known_.under_way.empty();
  if (at_rest && known_.failed.size() < full) return known_.failed.size() + spool_.source->too_young();
  return std::max<std::uint64_t>(count_.figures().files(), known_.under_way.size());
}

void follow_run::fill(progress& p) const {
  run::fill(p);
  if (!spool_.source) return;
  p.only_rescans = spool_.source->only_rescans();
  if (!count_.figures().known()) return;
  p.backlog = waiting();
  if (const auto ns = count_.figures().oldest(); *p.backlog > 0 && ns)
    p.oldest =
        core::wall_time{std::chrono::duration_cast<core::wall_time::duration>(std::chrono::nanoseconds{*ns})};
}

}  // namespace sluice::engine
