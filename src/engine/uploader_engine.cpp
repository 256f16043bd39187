#include "engine/uploader_engine.hpp"

#include "engine/live.hpp"
#include "engine/run/drain_run.hpp"
#include "engine/run/follow_run.hpp"

#include <sluice/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <utility>

namespace sluice::engine {

std::shared_ptr<uploader_engine> uploader_engine::make(asio::any_io_executor executor, settings s) {
  auto w = live_world(std::move(executor), s);
  return make(std::move(s), std::move(w));
}

std::shared_ptr<uploader_engine> uploader_engine::make(settings s, world w) {
  auto engine = std::make_shared<uploader_engine>(std::move(s), std::move(w));
  engine->context_.whole = engine;
  return engine;
}

uploader_engine::uploader_engine(settings s, world w)
    : context_{std::move(s), std::move(w), core::rng{}},
      window_{context_},
      opener_{context_},
      conclusion_{context_},
      attempts_{context_, opener_, conclusion_, window_},
      dispatcher_{context_, window_, attempts_, opener_, *this} {
  context_.random.seed(context_.world.entropy->number());
  monitor_ = core::endpoint_monitor{context_.now()};
}

std::uint64_t uploader_engine::upload(upload_request request, upload_done done) {
  const auto id = next_id_++;
  const auto u = std::make_shared<single_upload>(
      context_, dispatcher_, upload_totals_, id, std::move(request),
      [this](std::uint64_t ended) { uploads_.erase(ended); }, std::move(done));
  uploads_.emplace(id, u);
  try {
    u->begin();
  } catch (const std::bad_alloc&) {
    uploads_.erase(id);
    throw;
  }
  return id;
}

void uploader_engine::cancel_upload(std::uint64_t id, bool only_waiting) {
  const auto at = uploads_.find(id);
  if (at == uploads_.end()) return;
  const auto u = at->second;
  u->cancel(only_waiting);
}

std::uint64_t uploader_engine::drain(source from, drain_options options, drain_done done) {
  const auto id = next_id_++;
  if (drain_.now) {
    asio::post(context_.world.executor,
               [done = std::move(done)]() mutable { done(asio::error::already_started, run_summary{}); });
    return id;
  }
  const run_site site{context_, dispatcher_, conclusion_, window_};
  std::shared_ptr<run> r;
  if (from.follow)
    r = std::make_shared<follow_run>(site, std::move(from), std::move(options), std::move(done));
  else
    r = std::make_shared<drain_run>(site, std::move(from), std::move(options), std::move(done));
  drain_ = {r, id};
  r->begin([this] {
    drain_.now = nullptr;
    dispatcher_.gate().never_stop(false);
  });
  return id;
}

void uploader_engine::stop_drain(std::uint64_t id, bool at_once) {
  if (const auto r = drain_.now; r && drain_.id == id) r->stop(stop_reason::cancelled, "stopped", at_once);
}

void uploader_engine::rescan(bool and_end) {
  if (const auto r = drain_.now) r->rescan(and_end);
}

void uploader_engine::set_window(window w) {
  window_.set(w);
  dispatcher_.resized();
  dispatcher_.pump();
}

void uploader_engine::set_rate(double requests_per_second) {
  dispatcher_.gate().set_rate(requests_per_second, context_.now());
  dispatcher_.pump();
}

void uploader_engine::set_limit_rate(std::uint64_t bytes_per_second) {
  context_.world.network->set_limit_rate(bytes_per_second);
}

void uploader_engine::hold(pause_reason why, bool on) {
  if (why == pause_reason::asked)
    monitor_.set_paused(on, context_.now());
  else
    monitor_.set_renewing(context_.secrets.renewing = on, context_.now());
  const bool held = monitor_.is_paused() || monitor_.is_renewing();
  dispatcher_.gate().hold(held);
  if (!held) dispatcher_.pump();
}

void uploader_engine::set_headers(const config& fresh) {
  auto& s = context_.settings;
  std::vector<problem> none;
  s.raw.headers = fresh.headers, s.raw.user = fresh.user, s.raw.bearer = fresh.bearer;
  s.authorization = compile_authorization(fresh, none);
  s.head = make_head(s);
  ++context_.secrets.turn;
  auto& gate = dispatcher_.gate();
  if (gate.standing() == core::blame::refuses_us) gate.reset();
  monitor_.forget_refusals();
  dispatcher_.pump();
}

void uploader_engine::set_credentials(const config& fresh, std::optional<core::credentials> for_proxy) {
  auto& s = context_.settings;
  s.raw.proxy.user = fresh.proxy.user;
  if (s.via) s.via->proxy.login = for_proxy;
  context_.world.network->set_proxy_login(std::move(for_proxy));
  set_headers(fresh);
}

void uploader_engine::set_tls(std::shared_ptr<const io::tls_client> client) {
  context_.world.network->set_tls(std::move(client));
}

error_code uploader_engine::reopen_log() {
  return drain_.now ? drain_.now->spool().records.reopen_log() : error_code{};
}

progress uploader_engine::snapshot() const {
  const auto& gate = dispatcher_.gate();
  const auto& backlog = dispatcher_.backlog();
  const auto& permits = window_.permits();
  const auto now = context_.now();
  progress p;
  const auto& totals = drain_.now ? drain_.now->spool().records.totals() : upload_totals_;
  static_cast<run_figures&>(p) = totals.figures();
  p.in_flight = permits.in_use(), p.window = permits.limit();
  p.waiting = backlog.ready(), p.backing_off = backlog.backing_off();
  if (drain_.now) drain_.now->fill(p);
  if (gate.paused_until() > now)
    p.pause = std::chrono::duration_cast<std::chrono::milliseconds>(gate.paused_until() - now);
  if (p.endpoint.state != endpoint_state::idle) return p;  // the run begins or ends
  const core::endpoint_monitor::facts known{.breaker_open = gate.unreachable(),
                                            .pausing = p.pause.count() > 0,
                                            .has_work = p.in_flight + p.waiting + p.backing_off > 0};
  p.endpoint = context_.status_of(monitor_.find_condition(known, now));
  return p;
}

std::vector<failure_reason> uploader_engine::reasons() const {
  return (drain_.now ? drain_.now->spool().records.totals() : upload_totals_).reasons();
}

void uploader_engine::cancel_all() {
  if (const auto r = drain_.now) r->stop(stop_reason::cancelled, "cancelled", true);
  for (auto& j : dispatcher_.take_waiting(nullptr)) j->owner->give_up(*j);
  const auto under_way = uploads_;  // an upload that ends leaves the list
  for (const auto& [id, u] : under_way) u->cancel(false);
  dispatcher_.abort(nullptr, errc::stopped);
}

void uploader_engine::abandon() {
  if (context_.world.trace) context_.world.trace->leave_ends_untold();
  const auto run = std::exchange(drain_.now, nullptr);
  const auto uploads = std::exchange(uploads_, {});
  dispatcher_.abandon();
}

void uploader_engine::backlog_is_low() {
  if (drain_.now) drain_.now->backlog_is_low();
}

/// A breaker that stops ends the run; whoever uploads next finds out for himself.
void uploader_engine::endpoint_judged(const core::judgement& v, core::steady_time begun) {
  auto& gate = dispatcher_.gate();
  monitor_.observe(v, begun, context_.now());
  const auto stopped = gate.stopped();
  if (stopped != core::blame::nobody) gate.reset();
  const auto r = drain_.now;
  if (!r) return;
  trouble_now trouble;
  if (!monitor_.is_renewing())
    trouble = monitor_.find_trouble(gate.unreachable());  // the refused had old credentials
  r->endpoint_judged(v, stopped, trouble);
}

void uploader_engine::attempt_begins(std::size_t others) { monitor_.begin_attempt(others, context_.now()); }

void uploader_engine::lane_ended() {
  if (const auto r = drain_.now) r->end_if_done();
}

}  // namespace sluice::engine
