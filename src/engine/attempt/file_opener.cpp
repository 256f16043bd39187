#include "engine/attempt/file_opener.hpp"

#include "core/http/idempotency_key.hpp"
#include "core/pacing/retry.hpp"

#include <sluice/error.hpp>

#include <chrono>
#include <filesystem>
#include <utility>

namespace sluice::engine {
namespace {

namespace sys = boost::system::errc;

bool keeps(const job& j) { return j.owner->terms().on_success.what() == disposal::action::keep; }

}  // namespace

bool file_opener::is_shortage(error_code why) noexcept {
  return why == sys::too_many_files_open || why == sys::too_many_files_open_in_system ||
         why == sys::not_enough_memory;
}

error_code file_opener::open_file(job& j, std::unique_ptr<io::opened_file>& f) {
  const auto& terms = j.owner->terms();
  return context_.world.files->open(j.root, j.path,
                                    {!keeps(j), terms.only_unwritten, terms.move_target.get()}, f);
}

void file_opener::open_ahead(job& j) {
  if (j.owner->spool().held(j, 0)) return;
  if (open_file(j, j.opening.ahead))
    j.opening.ahead.reset();
  else
    j.opening.may_be_missing = false;
  j.opening.ahead_since = context_.now();
}

error_code file_opener::open(job& j, std::unique_ptr<io::opened_file>& f) {
  auto& notes = j.opening;
  notes.kept_by = j.owner->spool().held(j, 0);
  if (notes.kept_by) return errc::not_removable;
  constexpr std::chrono::seconds fresh{1};  // a file that has changed since is better opened anew
  if (notes.ahead && context_.now() - notes.ahead_since < fresh) f = std::move(notes.ahead);
  notes.ahead.reset();
  if (!f)
    if (const auto ec = open_file(j, f)) return ec;
  notes.kept_by = j.owner->spool().held(j, f->identity().device);
  if (notes.kept_by) return errc::not_removable;
  const auto wall = context_.wall();
  if (j.owner->terms().only_unwritten && core::just_made(f->identity(), wall)) return errc::being_written;
  notes.had_writer = notes.may_be_missing = false;
  j.record.size = f->identity().size;
  j.record.mtime_ns = f->identity().mtime_ns;
  auto key = core::idempotency_key(j.path, f->identity());
  if (key != j.record.key) {  // first opened, or other content than last time
    j.record.key = std::move(key);
    j.attempts.first_wall = wall;
  }
  if (!j.is_another && j.owner->spool().known_before(j, f->identity()) == spool::known::accepted)
    return errc::already_accepted;
  return must_settle(j, *f) ? error_code{errc::not_settled} : error_code{};
}

/// Where the system does not say whether it is being written, it must have been left alone for a while. An
/// upload of a single file that stays is whole: its caller says so.
bool file_opener::must_settle(job& j, const io::opened_file& f) {
  const auto time = context_.settings.raw.settle;
  if (time.count() <= 0 || f.writers_known() || (keeps(j) && !j.owner->terms().only_unwritten)) return false;
  if (!std::exchange(told_settling_, true)) {
    const auto where = j.root ? j.root->path() : std::filesystem::path{j.path}.parent_path().string();
    context_.tell(notice::kind::settling, settling_notice(where, f.why_unknown(), time));
  }
  const auto remaining = context_.world.files->unsettled(f);
  if (remaining.count() <= 0) return false;
  constexpr core::milliseconds tick{20};  // a tick of the file system's clock, and some
  constexpr unsigned patience = 8;        // while nothing moves but its change time
  auto& notes = j.opening;
  const bool waited = notes.settled_at != core::steady_time{} && notes.settled_at <= context_.now();
  const bool written = waited && notes.looked_at != f.identity() &&
                       !core::only_change_time_differs(notes.looked_at, f.identity());
  const bool gives_up = waited && (written || ++notes.settling > patience);
  notes.looked_at = f.identity();
  notes.settled_at = gives_up ? core::steady_time::max() : context_.now() + remaining + tick;
  return true;
}

outcome file_opener::refused(job& j, error_code why) {
  auto& notes = j.opening;
  const bool shortage = is_shortage(why);
  if (!shortage && why != errc::file_vanished) notes.may_be_missing = false;
  if (why == errc::not_settled && notes.settled_at != core::steady_time::max())
    return outcome::later(notes.settled_at, why);
  // Looked at once more.
  if (why == errc::being_written && j.owner->terms().only_unwritten && !std::exchange(notes.had_writer, true))
    return outcome::later(context_.now() + core::moment, why);
  constexpr unsigned patience = 50;
  if (shortage && ++notes.starved <= patience)
    return outcome::later(context_.now() + std::chrono::milliseconds{100}, why);
  if (core::is_obstacle(why) || why == errc::not_removable) {
    const auto& obstacle = core::is_obstacle(why) ? why : notes.kept_by;
    auto o = outcome::of(fate::deferred, errc::not_removable,
                         error_code{errc::not_removable}.message() + ": " + obstacle.message());
    if (core::is_obstacle(why)) o.obstacle = why;
    return o;
  }
  if (why == errc::file_vanished && notes.may_be_missing)
    return outcome::of(fate::missing, errc::file_missing);
  if (why == errc::file_vanished) return outcome::of(fate::vanished, why);
  if (why == errc::not_a_regular_file || why == errc::already_accepted)
    return outcome::of(fate::skipped, why);
  return outcome::of(fate::deferred, why,
                     why == sys::cross_device_link ? "the name leads out of its source" : "");
}

}  // namespace sluice::engine
