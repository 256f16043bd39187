// What starts when: permits, gate and backlog decide, lanes carry.
#pragma once

#include "engine/pool.hpp"

namespace sluice::engine {

template <class Io>
void pool<Io>::pump() {
  if (pumping_) return;
  pumping_ = true;
  const std::unique_ptr<bool, void (*)(bool*)> done{&pumping_, [](bool* b) { *b = false; }};
  while (permits_.try_take()) {
    auto j = next_job();
    if (!j) {
      permits_.give_back();
      break;
    }
    start_lane(std::move(*j));
  }
  look_ahead(clock::now());
}

/// A job that may begin now, or nothing; then pump() is called again when there could be one.
template <class Io>
auto pool<Io>::next_job() -> std::optional<job_type> {
  if (run_ && backlog_.low()) run_->room.cancel();
  const auto due = backlog_.next_due();
  if (!due) return std::nullopt;
  const auto now = clock::now();
  if (*due > now) {
    wake_at(*due);
    return std::nullopt;
  }
  const auto answer = gate_.ask(now);
  if (!answer.open) {
    wake_at(answer.ask_again);
    return std::nullopt;
  }
  auto j = backlog_.pop(now);
  j->probe = answer.probe;
  look_ahead(now);
  return j;
}

template <class Io>
void pool<Io>::wake_at(core::steady_time t) {
  if (t >= wake_time_) return;
  wake_time_ = t;
  wake_.expires_at(t);
  wake_.async_wait([weak = this->weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    self->wake_time_ = core::steady_time::max();
    self->pump();
  });
}

template <class Io>
void pool<Io>::start_lane(job_type j) {
  if (idle_.empty()) {
    lanes_.push_front({network_.connect(), nullptr});
    idle_.push_back(lanes_.begin());
  }
  const auto l = idle_.back();
  idle_.pop_back();
  l->busy = true;
  l->upload = j.upload;  // it may be cancelled before the loop comes to it
  asio::co_spawn(executor_, lane_loop(l, std::move(j)),
                 [self = this->shared_from_this(), l](std::exception_ptr) { self->lane_ended(l); });
}

/// File after file on one connection, while there are any.
template <class Io>
awaitable<void> pool<Io>::lane_loop(lane_ptr l, job_type first) {
  std::optional<job_type> j{std::move(first)};
  for (unsigned without_network = 0; j;) {
    bool networked = false;
    try {
      networked = co_await attempt(*l, *j);
    } catch (const std::exception& e) {  // out of memory, mostly: this file's turn is over, not the run's
      gate_.withdraw(j->probe);
      if (!j->settled && j->in_doubt) totals_of(*j).lost_track();
      if (!j->settled)
        finish(*j, fate::deferred,
               boost::system::errc::make_error_code(boost::system::errc::not_enough_memory), e.what());
    }
    if (j->probe) pump();  // the others waited to see what becomes of it
    if (networked)
      without_network = 0;
    else if (++without_network % 16 == 0)
      co_await asio::post(executor_, asio::use_awaitable);  // let the others run
    j.reset();
    if (!permits_.over()) j = next_job();
  }
}

template <class Io>
void pool<Io>::lane_ended(lane_ptr l) {
  permits_.give_back();
  l->busy = false;
  l->upload = nullptr;
  if (permits_.limit() > idle_.size())
    idle_.push_back(l);
  else
    lanes_.erase(l);
  pump();
  maybe_end_run();
}

}  // namespace sluice::engine
