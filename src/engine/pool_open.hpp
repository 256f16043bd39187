// Files are opened: those that are next, before a connection wants them, and the one that is on.
#pragma once

#include "core/idempotency_key.hpp"
#include "engine/pool.hpp"

#include <sluice/error.hpp>

#include <utility>

namespace sluice::engine {

template <class Io>
error_code pool<Io>::open_file(job_type& j, std::optional<file>& f) {
  const auto& on_success =
      j.upload && j.upload->request.on_success ? *j.upload->request.on_success : settings_.raw.on_success;
  const bool followed = !j.upload && run_ && run_->follow;  // then its writer may be at work
  return files_.open_file(j.root, j.path, on_success.what != disposal::action::keep, f, followed);
}

/// Opens files that are next, which asks the disk for their bytes, before a connection has to wait for them.
template <class Io>
void pool<Io>::look_ahead(core::steady_time now) try {
  if (gate_.paused_until() > now) return;
  constexpr int at_a_time = 4;  // an open may wait for the disk
  for (int n = 0; n < at_a_time; ++n) {
    auto* j = backlog_.prepare(read_ahead_.depth());
    if (j == nullptr) return;
    if (j->upload && j->upload->body() != nullptr) continue;
    if (open_file(*j, j->ahead)) j->ahead.reset();  // its attempt will find out and tell
    j->ahead_since = now;
  }
} catch (const std::bad_alloc&) {
}

/// Opens the file and finds its key. An error means that no attempt begins.
template <class Io>
error_code pool<Io>::open(job_type& j, std::optional<file>& f) {
  constexpr std::chrono::seconds fresh{1};  // a file that has changed since is better opened anew
  if (j.ahead && clock::now() - j.ahead_since < fresh) f = std::move(j.ahead);
  j.ahead.reset();
  if (!f)
    if (const auto ec = open_file(j, f)) return ec;
  if (!j.upload && core::just_made(f->identity(), Io::wall_clock::now())) return errc::being_written;
  j.had_writer = false;
  j.record.size = f->identity().size;
  j.record.mtime_ns = f->identity().mtime_ns;
  auto key = core::idempotency_key(j.path, f->identity());
  if (key != j.record.key) {  // first opened, or other content than last time
    j.record.key = std::move(key);
    j.first_wall = Io::wall_clock::now();
  }
  if (!j.upload && run_->accepted.contains(j.record.key)) return errc::already_accepted;
  return {};
}

template <class Io>
void pool<Io>::not_opened(job_type& j, error_code why) {
  using boost::system::errc::make_error_code;
  namespace errc_ = boost::system::errc;
  const bool starved = why == errc_::too_many_files_open || why == errc_::too_many_files_open_in_system ||
                       why == errc_::not_enough_memory;
  // Looked at once more.
  const bool written_to = why == errc::being_written && !j.upload && !std::exchange(j.had_writer, true);
  constexpr unsigned patience = 50;
  if ((written_to || (starved && ++j.starved <= patience)) && !(run_ && run_->stopping)) {
    if (starved) shrink();  // fewer at once, and again after others have closed
    j.settled = true;
    backlog_.push_later(std::move(j),
                        clock::now() + (starved ? std::chrono::milliseconds{100} : core::moment));
    return;
  }
  if (left_alone(j, why)) return;
  if (why == errc::file_vanished)
    finish(j, fate::vanished, why);
  else if (why == errc::not_a_regular_file || why == errc::already_accepted)
    finish(j, fate::skipped, why);
  else
    finish(j, fate::deferred, why, why == errc_::cross_device_link ? "the name leads out of its source" : "");
}

}  // namespace sluice::engine
