#include "engine/attempt/conclusion.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <filesystem>
#include <new>
#include <string>
#include <utility>

namespace sluice::engine {
namespace {

bool moves(const disposal& d) noexcept { return d.what() == disposal::action::move; }
bool keeps(const disposal& d) noexcept { return d.what() == disposal::action::keep; }

outcome undeletable(error_code why, std::string reason) {
  return outcome::of(fate::undeletable, why, std::move(reason));
}

std::string but_kept(core::clause c) { return "accepted, but kept: " + std::string{core::to_string(c)}; }

}  // namespace

outcome conclusion::accepted(job& j, const io::opened_file* f, const identity& now,
                             const io::exchange_report& report) {
  any_accepted_ = true;
  j.record.disposal = disposed::kept;
  j.record.error.clear(), j.record.reason.clear();  // errors of earlier attempts are over
  if (f == nullptr)
    return j.content.torn ? outcome::of(fate::changed, errc::file_changed) : outcome::of(fate::accepted);
  const bool keep = keeps(j.owner->terms().on_success);
  const core::removal_evidence evidence{
      .reply_complete_and_framed = report.outcome.reply && report.outcome.reply->framed,
      .session_as_configured = report.session_as_configured,
      .accepted = true,
      .reply_was_early = report.outcome.early,
      .disproved = j.record.disproved.has_value(),
      .file_bytes_sent = report.file_bytes,
      .torn = j.content.torn,
      .opened = f->identity(),
      .now = now,
      .entry = keep ? f->identity() : f->entry_now(),
      .being_written = !keep && f->has_writer(),
  };
  if (core::only_unchecked(evidence))
    return undeletable(make_error_code(boost::system::errc::io_error),
                       "accepted, but kept: the system does not say whether the file changed");
  const auto broken = core::broken_clause(evidence);
  if (broken == core::clause::unwritten) {  // a file that is closed unchanged needs no other upload
    j.record.digest = f->sent_digest();
    j.owner->spool().stayed(j, *f, {errc::being_written, core::reach::file});
    return undeletable(errc::being_written, but_kept(*broken));
  }
  if (broken) return outcome::of(fate::changed, errc::file_changed, but_kept(*broken));
  return keep ? outcome::of(fate::accepted) : removed(j, *f);
}

/// The clauses hold: the name goes.
outcome conclusion::removed(job& j, const io::opened_file& f) {
  if (!j.owner->spool().still_in_source(j))
    return undeletable(errc::source_unreadable,
                       "accepted, but kept: '" + printable(j.root->path()) + "' was moved away or replaced");
  const auto& how = j.owner->terms().on_success;
  const auto failed = dispose(j, f, how, j.owner->terms().move_target);
  if (!failed) return outcome::of(fate::accepted);
  const bool unrecorded = failed.why == errc::record_failed;
  j.record.digest = f.sent_digest();
  if (!unrecorded) j.owner->spool().stayed(j, f, failed);
  const char* what = unrecorded   ? "accepted, but kept: "
                     : moves(how) ? "cannot be moved: "
                                  : "cannot be removed: ";
  return undeletable(core::is_obstacle(failed.why) ? error_code{errc::not_removable} : failed.why,
                     what + failed.why.message());
}

outcome conclusion::rejected(job& j, const io::opened_file* f, const identity& now,
                             const core::judgement& v) {
  j.record.disposal = disposed::kept;
  auto o = outcome::of(fate::rejected, v.error, v.reason);
  const auto& how = context_.settings.raw.on_reject;
  // A refusal of us says nothing of the file: only what was said of the file moves it.
  // An endpoint that takes nothing at all may refuse what it was never meant to take.
  const bool trusted = any_accepted_ || moved_away_ < most_moved;
  const bool wanted = f != nullptr && moves(how) && v.blame == core::blame::file && trusted;
  if (!wanted || !j.owner->spool().still_in_source(j) || now != f->identity() ||
      f->entry_now() != f->identity())
    return o;
  j.record.fate = fate::rejected, j.record.error = o.error, j.record.reason = o.reason;
  if (const auto failed = dispose(j, *f, how, j.owner->terms().reject_target))
    o.reason += "; it could not be moved: " + failed.why.message();
  else
    ++moved_away_;
  return o;
}

/// The record comes first, with the disposal as decided; a failure is told by a second record.
core::removal_failure conclusion::dispose(job& j, const io::opened_file& f, const disposal& how,
                                          const io::directory_ptr& target) {
  j.record.disposal = moves(how) ? disposed::moved : disposed::deleted;
  if (j.record.fate != fate::rejected) j.record.fate = fate::accepted;
  core::removal_failure failed;
  if (!j.owner->spool().write_record(j))
    failed.why = errc::record_failed;
  else
    failed = moves(how) ? move(j, f, how, target) : context_.world.files->remove(f);
  if (failed)
    j.record.disposal = disposed::kept;
  else
    j.owner->spool().taken_away(j, f);
  return failed;
}

core::removal_failure conclusion::move(job& j, const io::opened_file& f, const disposal& how,
                                       const io::directory_ptr& target) try {
  auto& files = *context_.world.files;
  error_code ec;
  const auto into = target ? target : files.open_directory(how.directory(), ec);
  if (!into) return {ec, core::reach::target};
  // The path below the target is that below the source; a listed name that leads elsewhere keeps its last
  // component.
  const std::filesystem::path path{j.path};
  const bool elsewhere = !j.root || path.is_absolute() || std::ranges::find(path, "..") != path.end();
  return files.move(f, *into, elsewhere ? f.name() : j.path, j.record.key);
} catch (const std::bad_alloc&) {  // no name was moved yet: nothing is left to do
  return {make_error_code(boost::system::errc::not_enough_memory), core::reach::file};
}

awaitable<taking> conclusion::take_away(job& j, io::opened_file& f, core::file_identity sent,
                                        std::uint64_t digest) {
  using result = taking::result;
  if (f.identity() != sent) {
    if (!core::only_change_time_differs(f.identity(), sent)) co_return taking{result::not_ours, {}};
    const auto found = co_await f.read_digest();
    if (!found) co_return taking{};
    if (*found != digest) co_return taking{result::not_ours, {}};
  }
  if (j.owner->ended() || !j.owner->spool().still_in_source(j)) co_return taking{};
  const core::removal_evidence evidence{
      .reply_complete_and_framed = true,
      .session_as_configured = true,
      .accepted = true,
      .reply_was_early = false,
      .file_bytes_sent = sent.size,
      .opened = f.identity(),
      .now = f.identity_now(),
      .entry = f.entry_now(),
      .being_written = f.has_writer(),
  };
  if (core::only_unchecked(evidence) || evidence.being_written) co_return taking{};
  if (core::broken_clause(evidence)) co_return taking{result::not_ours, {}};
  j.record.digest.reset(), j.record.error.clear(), j.record.reason.clear();
  const auto& terms = j.owner->terms();
  taking done{result::away, dispose(j, f, terms.on_success, terms.move_target)};
  if (!done.failed) co_return done;
  done.what = result::not_yet;
  auto& r = j.record;
  r.fate = fate::undeletable, r.error = done.failed.why, r.reason = r.error.message(), r.digest = digest;
  co_return done;
}

void conclusion::tell_of_sidecar(const std::string& path, const std::string& why) {
  if (std::exchange(sidecar_told_, true)) return;
  context_.tell(notice::kind::sidecar_stays,
                "the side-car '" + printable(path) + "' stays, as others may, though its file went: " + why);
}

awaitable<void> conclusion::take_sidecar(const job& j) {
  if (!context_.settings.sidecar->is_of_one_file())
    co_return tell_of_sidecar(
        j.sidecar.path,
        "another file may have the same one; with {path} or {dir}/{name} in --sidecar each "
        "file has its own");
  const auto& terms = j.owner->terms();
  const bool rejected = j.record.fate == fate::rejected;
  const auto& how = rejected ? context_.settings.raw.on_reject : terms.on_success;
  const auto& target = rejected ? terms.reject_target : terms.move_target;
  job side;
  side.owner = j.owner, side.root = j.root, side.path = j.sidecar.path, side.record.key = j.record.key;
  std::unique_ptr<io::opened_file> f;
  core::removal_failure failed;
  failed.why = context_.world.files->open(side.root, side.path, {true, true, target.get()}, f);
  if (failed.why == errc::file_vanished) co_return;
  if (f) {
    const auto found = co_await f->read_digest();
    const bool same = found == j.sidecar.digest && f->identity_now() == f->identity() &&
                      f->entry_now() == f->identity() && !f->has_writer();
    if (!same)
      failed.why = errc::file_changed;
    else if (!j.owner->spool().still_in_source(side))
      failed.why = errc::source_unreadable;
    else
      failed = moves(how) ? move(side, *f, how, target) : context_.world.files->remove(*f);
  }
  if (!failed) co_return j.owner->spool().taken_away(side, *f);
  tell_of_sidecar(side.path, failed.why.message());
}

awaitable<std::optional<outcome>> conclusion::take_away_kept(job& j, io::opened_file& f) {
  auto sent = f.identity();
  sent.ctime_ns = 0;  // the log does not have it: its bytes are compared
  const auto tried = co_await take_away(j, f, sent, *j.kept_digest);
  if (tried.what == taking::result::not_ours) {
    j.kept_digest.reset(), j.is_another = true;
    co_return std::nullopt;
  }
  if (tried.what == taking::result::away) co_return outcome::of(fate::accepted);
  if (tried.failed && tried.failed.why != errc::record_failed) j.owner->spool().stayed(j, f, tried.failed);
  const auto why = tried.failed ? ": " + tried.failed.why.message() : std::string{};
  co_return undeletable(errc::not_removable,
                        "accepted by an earlier run, and it still cannot be taken away" + why);
}

}  // namespace sluice::engine
