#include <sluice/uploader.hpp>

#include "core/request_head.hpp"
#include "core/token.hpp"
#include "engine/engine.hpp"
#include "io/file_system.hpp"
#include "io/tls_client.hpp"

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
        engine{engine::make_engine(ex, std::move(s))},
        end_{asio::use_service<loop_end>(asio::query(ex, asio::execution::context))} {
    end_.add(*this);
  }
  ~uploader_impl() {
    if (!engine) return;  // the loop is gone
    end_.remove(*this);
    engine->shut_down();
  }
  uploader_impl(const uploader_impl&) = delete;

  asio::any_io_executor executor;
  config cfg;
  bool secure;
  std::shared_ptr<engine::engine_base> engine;

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

std::string joined(const std::vector<std::string>& problems) {
  std::string all;
  for (const auto& p : problems) all += (all.empty() ? "" : "\n") + p;
  return all;
}

std::shared_ptr<detail::uploader_impl> make_impl(asio::any_io_executor executor, const config& cfg) {
  std::vector<std::string> found;
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
void uploader::pause() { impl_->engine->hold(true); }
void uploader::resume() {
  const auto engine = impl_->engine;
  engine->hold(false);
}

void uploader::update_header(std::string name, std::string value) {
  header fresh{std::move(name), std::move(value)};
  if (const auto what = core::header_problem(fresh, impl_->cfg.idempotency_header); !what.empty())
    throw std::invalid_argument("headers: " + what);
  auto& headers = impl_->cfg.headers;
  const auto same = [&](const header& h) { return core::equal_ignoring_case(h.name, fresh.name); };
  if (const auto it = std::ranges::find_if(headers, same); it != headers.end())
    it->value = std::move(fresh.value);
  else
    headers.push_back(std::move(fresh));
  const auto engine = impl_->engine;
  engine->set_headers(headers);
}

void uploader::update_tls(tls_options tls) {
  std::vector<std::string> found;
  auto client = impl_->secure ? io::make_tls_client(tls, found) : nullptr;
  if (!impl_->secure) found.emplace_back("tls: the endpoint is an http:// one");
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

std::uint64_t uploader::start_upload(const impl_ptr& impl, upload_request r,
                                     detail::callback<upload_result> done) {
  return impl->engine->upload(std::move(r), std::move(done));
}

void uploader::cancel_upload(const std::weak_ptr<detail::uploader_impl>& impl, std::uint64_t id,
                             asio::cancellation_type type) {
  using enum asio::cancellation_type;
  if (const auto i = impl.lock()) i->engine->cancel_upload(id, !has(type, terminal | partial));
}

std::uint64_t uploader::start_drain(const impl_ptr& impl, source s, drain_options options,
                                    detail::callback<run_summary> done) {
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

void uploader::cancel_drain(const std::weak_ptr<detail::uploader_impl>& impl, std::uint64_t id,
                            asio::cancellation_type type) {
  if (const auto i = impl.lock()) i->engine->stop_drain(id, has(type, asio::cancellation_type::terminal));
}

std::vector<std::string> problems(const config& cfg) {
  std::vector<std::string> found;
  engine::compile(cfg, found);
  return found;
}

std::vector<std::string> problems(const config& cfg, const source& src) {
  auto found = problems(cfg);
  for (auto& p : problems(src)) found.push_back(std::move(p));
  for (auto& p : io::placement_problems(cfg, src)) found.push_back(std::move(p));
  return found;
}

}  // namespace sluice
