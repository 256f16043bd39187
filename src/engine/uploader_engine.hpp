// The engine of one uploader: its rooms put together, and all that the API sees of them.
#pragma once

#include "core/pacing/endpoint_monitor.hpp"
#include "engine/run/run.hpp"
#include "engine/run/single_upload.hpp"

#include <sluice/drain_options.hpp>
#include <sluice/endpoint.hpp>
#include <sluice/source.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sluice::engine {

class uploader_engine final : private dispatch_listener,
                              public std::enable_shared_from_this<uploader_engine> {
 public:
  /// Makes an engine on sockets, the steady clock and the real file system.
  static std::shared_ptr<uploader_engine> make(asio::any_io_executor executor, settings s);
  /// Makes an engine on any world.
  static std::shared_ptr<uploader_engine> make(settings s, world w);
  uploader_engine(settings s, world w);
  uploader_engine(const uploader_engine&) = delete;

  /// `done` is called once, never from within this call. Returns an id for cancel_upload().
  std::uint64_t upload(upload_request request, upload_done done);
  /// Ends the upload now; with `only_waiting`, only if no attempt of it has begun.
  void cancel_upload(std::uint64_t id, bool only_waiting);

  /// `done` is called once, never from within this call. Returns an id for stop_drain().
  std::uint64_t drain(source from, drain_options options, drain_done done);
  /// Starts nothing new; with `at_once`, also ends what is in flight.
  void stop_drain(std::uint64_t id, bool at_once);
  /// Walks a source that is followed; with `and_end`, for the last time.
  void rescan(bool and_end);

  void set_window(window w);
  /// Requests a second, of the pool; 0: no limit.
  void set_rate(double requests_per_second);
  void set_limit_rate(std::uint64_t bytes_per_second);
  /// Holds back everything new while it is on, for one of the reasons.
  void hold(pause_reason why, bool on);
  /// Requests from the next one on have the headers, user and bearer of `fresh`, all of which have been
  /// checked. An endpoint that had refused us is asked again.
  void set_headers(const config& fresh);
  /// The same, and the proxy's user.
  void set_credentials(const config& fresh, std::optional<core::credentials> for_proxy);
  /// Connections made from now on are of this client; older ones are used no more.
  void set_tls(std::shared_ptr<const io::tls_client> client);
  error_code reopen_log();

  progress snapshot() const;
  std::vector<failure_reason> reasons() const;

  /// Null where nobody is told of the network.
  const std::shared_ptr<io::tracer>& trace() const noexcept { return context_.world.trace; }

  void cancel_all();
  /// The loop is being destroyed: lets go of what waits, handlers too, and calls none of them.
  void abandon();

 private:
  void backlog_is_low() override;
  void attempt_begins(std::size_t others) override;
  void endpoint_judged(const core::judgement& v, core::steady_time begun) override;
  void lane_ended() override;

  context context_;
  window_control window_;
  file_opener opener_;
  conclusion conclusion_;
  attempt attempts_;
  dispatcher dispatcher_;
  struct {
    std::shared_ptr<run> now;  ///< the drain under way
    std::uint64_t id = 0;
  } drain_;
  std::unordered_map<std::uint64_t, std::shared_ptr<single_upload>> uploads_;
  core::totals upload_totals_;
  std::uint64_t next_id_ = 1;
  core::endpoint_monitor monitor_;
};

}  // namespace sluice::engine
