#include <sluice/uploader.hpp>

#include "core/http/request_head.hpp"
#include "core/http/token.hpp"
#include "core/net/proxy.hpp"
#include "engine/uploader_engine.hpp"
#include "io/disk/file_system.hpp"
#include "io/net/tls_client.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <stdexcept>

namespace sluice {

namespace detail {

/// A loop that is destroyed before its uploaders takes their engines with it: sockets, timers and waiting
/// handlers are its own.
class loop_end final : public asio::execution_context::service {
 public:
  static inline asio::execution_context::id id;
  explicit loop_end(asio::execution_context& loop) : service{loop} {}

  void add(uploader_impl& u) {
    const std::lock_guard lock{mutex_};
    uploaders_.push_back(&u);
  }
  void remove(uploader_impl& u) noexcept {
    const std::lock_guard lock{mutex_};
    std::erase(uploaders_, &u);
  }

 private:
  void shutdown() noexcept override;

  std::mutex mutex_;  ///< a loop may have many strands, and an uploader on each
  std::vector<uploader_impl*> uploaders_;
};

class uploader_impl {
 public:
  uploader_impl(asio::any_io_executor ex, engine::settings s)
      : executor{ex},
        cfg{s.raw},
        secure{s.url.tls},
        proxied{s.via.has_value()},
        engine{engine::uploader_engine::make(ex, std::move(s))},
        end_{asio::use_service<loop_end>(asio::query(ex, asio::execution::context))} {
    end_.add(*this);
  }
  ~uploader_impl() {
    if (!engine) return;  // the loop is gone
    end_.remove(*this);
    engine->cancel_all();
    const auto trace = engine->trace();
    engine.reset();  // idle connections end with it, and say so
    if (trace) trace->leave_ends_untold();
  }
  uploader_impl(const uploader_impl&) = delete;

  asio::any_io_executor executor;
  config cfg;
  bool secure, proxied;
  std::shared_ptr<engine::uploader_engine> engine;

 private:
  loop_end& end_;
};

void loop_end::shutdown() noexcept {
  while (!uploaders_.empty()) {  // a handler that is let go may destroy uploaders
    auto& u = *uploaders_.back();
    uploaders_.pop_back();
    const auto engine = std::move(u.engine);
    u.executor = {};
    engine->abandon();
  }
}

}  // namespace detail

namespace {

std::string joined(const std::vector<problem>& problems) {
  std::string all;
  for (const auto& p : problems) all += (all.empty() ? "" : "\n") + to_string(p);
  return all;
}

std::shared_ptr<detail::uploader_impl> make_impl(asio::any_io_executor executor, const config& cfg) {
  std::vector<problem> found;
  auto settings = engine::compile(cfg, found);
  if (settings) return std::make_shared<detail::uploader_impl>(std::move(executor), std::move(*settings));
  throw std::invalid_argument(joined(found));
}

bool has(asio::cancellation_type set, asio::cancellation_type one) {
  return (set & one) != asio::cancellation_type::none;
}

}  // namespace

uploader::uploader(executor_type executor, config cfg) : impl_{make_impl(std::move(executor), cfg)} {}
uploader::~uploader() = default;
uploader::uploader(uploader&&) noexcept = default;
uploader& uploader::operator=(uploader&&) noexcept = default;

uploader::executor_type uploader::get_executor() const { return impl_->executor; }
sluice::progress uploader::progress() const { return impl_->engine->snapshot(); }
std::vector<failure_reason> uploader::reasons() const { return impl_->engine->reasons(); }
// config::on_record may destroy the uploader from within these.
void uploader::set_window(window w) {
  const auto engine = impl_->engine;
  engine->set_window(w);
}
void uploader::set_rate(double requests_per_second) {
  const auto engine = impl_->engine;
  engine->set_rate(std::max(requests_per_second, 0.0));
}
void uploader::set_limit_rate(std::uint64_t bytes_per_second) {
  const auto engine = impl_->engine;
  engine->set_limit_rate(bytes_per_second);
}
void uploader::pause(pause_reason why) { impl_->engine->hold(why, true); }
void uploader::resume(pause_reason why) {
  const auto engine = impl_->engine;
  engine->hold(why, false);
}

void uploader::update_header(std::string name, std::string value) {
  header fresh{std::move(name), std::move(value), true};
  const auto host =
      engine::may_write_host(impl_->cfg) ? core::host_header::of_caller : core::host_header::of_url;
  if (const auto what = core::header_problem(fresh, impl_->cfg.idempotency_header, impl_->cfg.body, host);
      !what.empty())
    throw std::invalid_argument("headers: " + what);
  auto cfg = impl_->cfg;
  const auto same = [&](const header& h) { return core::equal_ignoring_case(h.name, fresh.name); };
  if (const auto it = std::ranges::find_if(cfg.headers, same); it != cfg.headers.end())
    it->value = std::move(fresh.value), it->secret = true;
  else
    cfg.headers.push_back(std::move(fresh));
  std::vector<problem> found;
  engine::compile_authorization(cfg, found);
  if (!found.empty()) throw std::invalid_argument(joined(found));
  impl_->cfg = std::move(cfg);
  const auto engine = impl_->engine;
  engine->set_headers(impl_->cfg);
}

void uploader::update_credentials(credentials fresh) {
  auto cfg = impl_->cfg;
  cfg.user = std::move(fresh.user), cfg.bearer = std::move(fresh.bearer);
  cfg.proxy.user = std::move(fresh.proxy_user);
  std::vector<problem> found;
  std::optional<core::credentials> for_proxy;
  engine::compile_authorization(cfg, found);
  if (const auto proxy = core::parse_proxy(cfg.proxy.url); proxy && impl_->proxied)
    for_proxy = engine::compile_proxy_login(cfg.proxy, *proxy, found);
  if (!found.empty()) throw std::invalid_argument(joined(found));
  impl_->cfg = std::move(cfg);
  const auto engine = impl_->engine;
  engine->set_credentials(impl_->cfg, std::move(for_proxy));
}

void uploader::update_tls(tls_options tls) {
  std::vector<problem> found;
  auto client = impl_->secure ? io::make_tls_client(tls, found, impl_->cfg.on_tls_key) : nullptr;
  if (!impl_->secure) found.push_back({"tls", "the endpoint is an http:// one"});
  if (!client) throw std::invalid_argument(joined(found));
  impl_->cfg.tls = std::move(tls);
  impl_->engine->set_tls(std::move(client));
}

boost::system::error_code uploader::reopen_job_log() { return impl_->engine->reopen_log(); }
void uploader::rescan() {
  const auto engine = impl_->engine;
  engine->rescan(false);
}
void uploader::finish() {
  const auto engine = impl_->engine;
  engine->rescan(true);
}
void uploader::cancel() {
  const auto engine = impl_->engine;
  engine->cancel_all();
}

namespace detail {

std::uint64_t start_upload(const std::shared_ptr<uploader_impl>& impl, upload_request r,
                           completion<upload_result> done) {
  return impl->engine->upload(std::move(r), std::move(done));
}

void cancel_upload(const std::weak_ptr<uploader_impl>& impl, std::uint64_t id, asio::cancellation_type type) {
  using enum asio::cancellation_type;
  if (const auto i = impl.lock()) i->engine->cancel_upload(id, !has(type, terminal | partial));
}

std::uint64_t start_drain(const std::shared_ptr<uploader_impl>& impl, source s, drain_options options,
                          completion<run_summary> done) {
  const auto found = problems(impl->cfg, s);
  if (found.empty()) return impl->engine->drain(std::move(s), std::move(options), std::move(done));
  run_summary nothing;
  nothing.reason = stop_reason::source_unreadable;
  nothing.detail = joined(found);
  asio::post(impl->executor, [done = std::move(done), nothing = std::move(nothing)]() mutable {
    done(asio::error::invalid_argument, std::move(nothing));
  });
  return 0;
}

void cancel_drain(const std::weak_ptr<uploader_impl>& impl, std::uint64_t id, asio::cancellation_type type) {
  if (const auto i = impl.lock()) i->engine->stop_drain(id, has(type, asio::cancellation_type::terminal));
}

}  // namespace detail

std::vector<problem> problems(const config& cfg) {
  std::vector<problem> found;
  engine::compile(cfg, found);
  return found;
}

std::vector<problem> problems(const config& cfg, const source& src) {
  auto found = problems(cfg);
  for (auto& p : problems(src)) found.push_back(std::move(p));
  for (auto& p : io::placement_problems(cfg, src)) found.push_back(std::move(p));
  return found;
}

}  // namespace sluice
