// The engine's face: what the API needs of it, without its types.
#pragma once

#include "engine/job.hpp"
#include "engine/settings.hpp"

#include <sluice/drain_options.hpp>
#include <sluice/source.hpp>

#include <memory>

namespace sluice::engine {

using drain_done = detail::callback<run_summary>;

class engine_base {
 public:
  virtual ~engine_base() = default;

  /// `done` is called once, never from within this call. Returns an id for cancel_upload().
  virtual std::uint64_t upload(upload_request request, upload_done done) = 0;
  /// Ends the upload now; with `only_waiting`, only if no attempt of it has begun.
  virtual void cancel_upload(std::uint64_t id, bool only_waiting) = 0;

  /// `done` is called once, never from within this call. Returns an id for stop_drain().
  virtual std::uint64_t drain(source from, drain_options options, drain_done done) = 0;
  /// Starts nothing new; with `at_once`, also ends what is in flight.
  virtual void stop_drain(std::uint64_t id, bool at_once) = 0;

  virtual void set_window(window w) = 0;
  /// Of the pool; 0: no limit.
  virtual void set_rate(double requests_per_second) = 0;
  virtual void set_limit_rate(std::uint64_t bytes_per_second) = 0;
  /// Nothing new begins while it is on.
  virtual void hold(bool on) = 0;
  virtual void set_headers(std::vector<header> headers) = 0;
  /// Connections made from now on are of this client; older ones are used no more.
  virtual void set_tls(std::shared_ptr<const io::tls_client> client) = 0;
  virtual error_code reopen_log() = 0;
  /// Of a followed source: walks it now; with `and_end`, for the last time.
  virtual void rescan(bool and_end) = 0;
  virtual progress snapshot() const = 0;
  virtual void cancel_all() = 0;
  /// No handler is called any more but those of operations under way, with operation_aborted.
  virtual void shut_down() = 0;
  /// The loop is being destroyed: lets go of what waits, handlers too, and calls none of them.
  virtual void abandon() = 0;
};

/// On sockets, the steady clock and the real file system.
std::shared_ptr<engine_base> make_engine(asio::any_io_executor executor, settings s);

}  // namespace sluice::engine
