#include "engine/run/run_records.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <utility>

namespace sluice::engine {

void run_records::log_to(std::unique_ptr<io::record_writer> log, std::function<void()> failed) {
  log_ = std::move(log);
  on_failure_ = std::move(failed);
}

error_code run_records::reopen_log() {
  return log_ ? log_->reopen(context_.settings.raw.job_log) : error_code{};
}

bool run_records::write(file_record& r) {
  r.time = context_.wall();
  if (!log_ || r.fate == fate::skipped) return true;
  try {
    log_->append(to_json(r));
  } catch (const std::bad_alloc&) {
    log_->drop();
  }
  if (const auto& why = log_->failure(); !why.empty()) log_failed(why);
  return !log_failed_;
}

/// The caller asked for a record of each file, so no file is sent without one.
void run_records::log_failed(const std::string& why) {
  if (std::exchange(log_failed_, true)) return;
  context_.tell(notice::kind::record_failed, "the job log '" +
                                                 printable(context_.settings.raw.job_log.string()) +
                                                 "' cannot be written: " + why + "; nothing more is sent");
  on_failure_();
}

void run_records::shorten_log(std::vector<io::directory_ptr> roots, std::shared_ptr<void> owner) {
  longest_ = std::numeric_limits<std::uint64_t>::max();  // no other begins meanwhile
  asio::co_spawn(context_.world.executor, work_on_log(std::move(roots)),
                 [owner = std::move(owner), whole = context_.keep_alive()](std::exception_ptr) {});
}

/// An error of it is told, and tried again when the log is twice as long; no line is lost by it.
awaitable<void> run_records::work_on_log(std::vector<io::directory_ptr> roots) {
  constexpr core::milliseconds slice{1}, pause{3};
  const auto before = log_->size();
  error_code ec;
  if (longest_ != 0) shortening_ = log_->shorten(std::move(roots), ec);
  const auto rest = context_.world.clock->make_timer();
  for (bool more = true; more && shortening_;) {
    const auto until = context_.now() + slice;
    while (more && context_.now() < until) more = shortening_->step(ec);
    rest->expires_at(context_.now() + pause);
    error_code ignored;
    co_await rest->async_wait(into(ignored));
  }
  if (longest_ == 0) co_return;
  const bool in_place = shortening_ && shortening_->is_in_place();
  shortening_.reset();
  longest_ = std::max<std::uint64_t>(context_.settings.raw.job_log_compact, 2 * log_->size());
  if (!ec) co_return;
  const auto log = "the job log '" + printable(context_.settings.raw.job_log.string()) + "' of " +
                   std::to_string(before) + " bytes was ";
  const auto why = ec == errc::locked ? "another process has it open" : ec.message();
  context_.tell(notice::kind::log_not_compacted,
                in_place ? log + "compacted, but the disk did not confirm its new name: " + why +
                               "; after a power failure it may be the log of before, without later lines"
                         : log + "not compacted, and goes on as it is: " + why);
}

/// An observer that has no memory to note it must not cost the run its end.
void run_records::add(const file_record& r) {
  totals_.add(r);
  try {
    if (context_.settings.raw.on_record) context_.settings.raw.on_record(r);
    if (options_.on_record()) options_.on_record()(r);
    if (!options_.collects()) return;
    if (kept_.size() < r.seq) kept_.resize(r.seq);
    kept_[r.seq - 1] = r;
  } catch (const std::bad_alloc&) {  // the file is counted
  }
}

void run_records::give(run_summary& s) {
  shortening_.reset(), longest_ = 0;  // another run may begin with this log
  s.records = std::move(kept_);
  s.log_lines_dropped = lines_dropped();
  if (s.log_lines_dropped == 0 || log_failed_) return;
  context_.tell(notice::kind::record_failed, std::to_string(s.log_lines_dropped) + " lines of the job log '" +
                                                 printable(context_.settings.raw.job_log.string()) +
                                                 "' could not be written");
}

}  // namespace sluice::engine
