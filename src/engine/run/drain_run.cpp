#include "engine/run/drain_run.hpp"

#include <sluice/text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>

namespace sluice::engine {

void drain_run::fill(progress& p) const {
  run::fill(p);
  p.total = total_;
}

void drain_run::opened() {
  if (!site_.context.settings.raw.count_ahead || !from_.is_walked()) return;
  asio::co_spawn(site_.context.world.executor, count(),
                 [self = shared_from_this(), whole = site_.context.keep_alive()](std::exception_ptr) {});
}

void drain_run::stop_feeding() {
  if (reader_) reader_->cancel();
}

/// Files go from the source to the backlog, as far as there is room.
awaitable<void> drain_run::feed() {
  const auto& c = site_.context;
  const bool look =
      c.settings.raw.dry_run && !from_.is_walked();  // a run that opens nothing tells all the same
  reader_ = c.world.files->read(from_, spool_.files.opened(), spool_.files.selector(), look);
  for (unsigned n = 1; !state_.stopping; ++n) {
    error_code ec;
    auto e = reader_->next_at_once();
    if (!e) e = co_await reader_->next(ec);
    if (state_.stopping) break;
    if (ec)
      stop(stop_reason::source_unreadable,
           "cannot read '" + printable(from_.list_file().string()) + "': " + ec.message());
    if (!e) break;
    intake_.take(*e);
    site_.dispatcher.pump();
    while (site_.dispatcher.backlog().full() && !state_.stopping) {
      timers_.room->expires_at(core::steady_time::max());
      co_await timers_.room->async_wait(into(ec));
    }
    if (n % 64 == 0) co_await asio::post(c.world.executor, asio::use_awaitable);  // lets the uploads run
  }
}

/// A second walk that only counts, so that a progress bar knows its end.
awaitable<void> drain_run::count() {
  const auto& c = site_.context;
  auto all = from_;
  all.order = {};
  const auto reader = c.world.files->read(all, spool_.files.opened(), spool_.files.selector(), false);
  std::uint64_t files = 0;
  for (unsigned n = 1; !state_.stopping; ++n) {
    error_code ec;
    auto e = reader->next_at_once();
    if (!e) e = co_await reader->next(ec);
    if (!e) break;
    files += e->what == io::entry::kind::file ? 1 : 0;
    if (n % 256 == 0) co_await asio::post(c.world.executor, asio::use_awaitable);
  }
  total_ = files;
}

}  // namespace sluice::engine
