#include "engine/dispatch/dispatcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace sluice::engine {

dispatcher::dispatcher(context& c, window_control& window, attempt& attempts, file_opener& opener,
                       dispatch_listener& listener)
    : context_{c},
      window_{window},
      attempts_{attempts},
      opener_{opener},
      listener_{listener},
      read_ahead_{window.permits().limit(), c.settings.descriptors.ahead},
      gate_{c.settings.raw.limit.requests_per_second,
            c.settings.raw.retry.hold_back
                ? core::breaker_policy{.moves_refused =
                                           c.settings.raw.on_reject.what() == disposal::action::move}
                : core::breaker_policy::never_opens()},
      wake_{c.world.clock->make_timer()} {
  resized();
}

void dispatcher::resized() {
  const auto limit = window_.permits().limit();
  read_ahead_.widen(limit);
  const auto high = std::max<std::size_t>(4 * limit, 64);
  backlog_.set_marks(high / 2, high);
}

void dispatcher::push(job&& j, turn t) {
  auto held = std::make_unique<job>(std::move(j));  // the job stays in its place until it ends
  try {
    switch (t) {
      case turn::last:
        return backlog_.push(std::move(held));
      case turn::fresh:
        return backlog_.push_fresh(std::move(held));
      case turn::first:
        return backlog_.push_first(std::move(held));
    }
  } catch (const std::bad_alloc&) {
    j = std::move(*held);
    throw;
  }
}

void dispatcher::pump() {
  if (pumping_) return;
  pumping_ = true;
  const std::unique_ptr<bool, void (*)(bool*)> done{&pumping_, [](bool* b) { *b = false; }};
  while (window_.permits().available()) {
    auto& l = lanes_.idle(*context_.world.network);
    l.next = next_job();
    if (!l.next) break;
    start(l);
  }
  look_ahead(context_.now());
}

void dispatcher::pump_soon() {
  asio::post(context_.world.executor, [this, weak = context_.whole] {
    if (const auto whole = weak.lock()) pump();
  });
}

/// A job that may begin now, or nothing; then pump() is called again when there could be one.
std::unique_ptr<job> dispatcher::next_job() {
  if (backlog_.low()) listener_.backlog_is_low();
  const auto due = backlog_.next_due();
  if (!due) return nullptr;
  const auto now = context_.now();
  if (*due > now) {
    wake_at(*due);
    return nullptr;
  }
  const auto answer = gate_.ask(now);
  if (!answer.open) {
    wake_at(answer.ask_again);
    return nullptr;
  }
  auto j = *backlog_.pop(now);
  j->attempts.probe = answer.probe;
  listener_.attempt_begins(window_.permits().in_use());
  look_ahead(now);
  return j;
}

void dispatcher::wake_at(core::steady_time t) {
  if (t >= wake_.at) return;
  wake_.at = core::steady_time::max();
  wake_.timer->expires_at(t);
  wake_.timer->async_wait([this, weak = context_.whole](error_code ec) {
    const auto whole = weak.lock();
    if (ec || !whole) return;
    wake_.at = core::steady_time::max();
    pump();
  });
  wake_.at = t;
}

/// Opens files that are next, which asks the disk for their bytes, before a connection has to wait for them.
void dispatcher::look_ahead(core::steady_time now) try {
  if (gate_.paused_until() > now) return;
  constexpr int at_a_time = 4;  // an open may wait for the disk
  for (int n = 0; n < at_a_time; ++n) {
    const auto* j = backlog_.prepare(read_ahead_.depth());
    if (j == nullptr) return;
    if ((*j)->owner->terms().files) opener_.open_ahead(**j);
  }
} catch (const std::bad_alloc&) {  // each file is opened in its turn
}

void dispatcher::start(lane& l) {
  lanes_.taken();
  window_.permits().try_take();
  l.owner = l.next->owner;  // a cancellation may come before the loop does
  try {
    asio::co_spawn(context_.world.executor, work(l),
                   [this, whole = context_.keep_alive(), &l](std::exception_ptr) {
                     end(l);
                     pump();
                     listener_.lane_ended();
                   });
  } catch (const std::bad_alloc& e) {  // no coroutine took the job
    break_off(l.next.get(), l.next->attempts.probe, e.what());
    end(l);
  }
}

/// Job after job on one connection, while there are any.
awaitable<void> dispatcher::work(lane& l) {
  auto j = std::move(l.next);
  for (unsigned without_network = 0; j;) {
    const bool probe = j->attempts.probe;
    bool networked = false;
    try {
      l.owner = j->owner;
      auto o = co_await attempts_.make(*l.connection, *j);
      networked = o.sample.has_value();
      conclude(j, std::move(o));
    } catch (const std::exception& e) {
      break_off(j.get(), probe, e.what());
    }
    if (probe) pump();  // the others waited to see what becomes of it
    if (networked)
      without_network = 0;
    else if (++without_network % 16 == 0)
      co_await asio::post(context_.world.executor, asio::use_awaitable);  // let the others run
    j.reset();
    if (!window_.permits().over()) j = next_job();
  }
}

void dispatcher::conclude(std::unique_ptr<job>& held, outcome o) {
  job& j = *held;
  listen_to(o, j.attempts.probe);
  const auto sample = o.sample;
  if (!sample && o.again && file_opener::is_shortage(o.error)) {
    window_.shrink();  // fewer at once, and again after others have closed
    resized();
  }
  if (sample && j.owner->terms().files) read_ahead_.sent(j.record.size, sample->waited_for_file);
  if (const auto due = j.owner->decide(j, std::move(o))) {
    backlog_.make_room();  // lack of memory throws here, and the job still is whole
    j.attempts.settled = true;
    backlog_.push_later(std::move(held), *due);
  }
  if (!sample) return;
  const auto before = window_.permits().limit();
  window_.observe(*sample);
  if (window_.permits().limit() != before) resized();
  if (window_.permits().limit() > before) pump();
}

void dispatcher::listen_to(const outcome& o, bool probe) {
  if (!o.endpoint) return gate_.withdraw(probe);
  const auto now = context_.now();
  gate_.observe(o.endpoint->blame, probe, now, context_.random);
  listener_.endpoint_judged(*o.endpoint, o.sample ? o.sample->begun : now);
  if (!o.endpoint->retry_after || !context_.settings.raw.retry.hold_back) return;
  const auto jitter = std::chrono::milliseconds{context_.random() % 250};
  gate_.pause_until(now + *o.endpoint->retry_after + jitter);
}

/// Lack of memory ends this job's turn, not the run.
void dispatcher::break_off(job* j, bool probe, const char* why) {
  gate_.withdraw(probe);
  if (j == nullptr || j->attempts.settled) return;  // null: it waits in the backlog again
  j->owner->decide(*j, attempts_.broken_off(*j, why));
}

void dispatcher::end(lane& l) {
  auto& permits = window_.permits();
  permits.give_back();
  lanes_.put_aside(l, permits.limit());
}

std::vector<std::unique_ptr<job>> dispatcher::take_waiting(const job_owner* owner) {
  if (owner == nullptr) return backlog_.take_all();
  return backlog_.take_if([&](const std::unique_ptr<job>& j) { return j->owner.get() == owner; });
}

void dispatcher::abandon() {
  const auto waiting = backlog_.take_all();
  const auto about_to_begin = lanes_.abandon();
}

}  // namespace sluice::engine
