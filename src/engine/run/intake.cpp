#include "engine/run/intake.hpp"

#include "engine/own_request.hpp"

#include <sluice/error.hpp>

#include <new>
#include <utility>

namespace sluice::engine {

void intake::take(io::entry& e) {
  using kind = io::entry::kind;
  if (e.what == kind::unreadable_directory) return owner_.not_listed(e.path, e.why);
  if (e.what == kind::bad_line) return tell_bad_line(*e.line);
  auto j = job_of(e);
  if (e.what == kind::skipped)
    return owner_.finish(j, outcome::of(e.why == errc::file_missing ? fate::missing : fate::skipped, e.why));
  if (auto why = e.line ? take_line(j, *e.line) : std::string{}; !why.empty())
    return owner_.finish(j, outcome::of(fate::deferred, errc::unsendable,
                                        "line " + std::to_string(e.line->number) + " " + why));
  enqueue(j, dispatcher::turn::last);
}

void intake::tell_bad_line(const io::entry_line& line) {
  constexpr std::uint64_t most_told = 16;
  auto& totals = owner_.totals();
  totals.bad_line();
  if (totals.figures().bad_lines <= most_told)
    context_.tell(notice::kind::bad_line, "line " + std::to_string(line.number) + " of the manifest " +
                                              line.problem + "; no file is sent for it");
}

/// The job gets what its line says. A text: why it cannot.
std::string intake::take_line(job& j, io::entry_line& line) try {
  if (!line.problem.empty()) return line.problem;
  auto own = compile_words(context_.settings, std::move(line.words));
  if (!own) return own.error().what;
  j.own = std::make_shared<const own_request>(std::move(*own));
  return {};
} catch (const std::bad_alloc&) {
  return "needs memory";  // few enough letters to need none itself
}

job intake::job_of(io::entry& e) {
  job j;
  j.owner = owner_.shared_from_this();
  j.seq = j.record.seq = ++jobs_;
  j.root = e.root;
  j.path = j.record.path = std::move(e.path);
  j.opening.may_be_missing = e.listed;
  if (e.identity) j.record.size = e.identity->size, j.record.mtime_ns = e.identity->mtime_ns;
  owner_.begun();
  return j;
}

void intake::enqueue(job& j, dispatcher::turn t) try {
  if (context_.settings.raw.dry_run) return owner_.finish(j, outcome::of(fate::skipped, errc::dry_run));
  dispatcher_.push(std::move(j), t);
} catch (const std::bad_alloc&) {
  owner_.finish(j, outcome::of(fate::deferred, make_error_code(boost::system::errc::not_enough_memory)));
}

}  // namespace sluice::engine
