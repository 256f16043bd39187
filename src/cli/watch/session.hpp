// One `watch`, from its start to its exit code.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/monitor/status_server.hpp"
#include "cli/monitor/telemetry.hpp"
#include "cli/stopper.hpp"
#include "cli/terminal/network_trace.hpp"
#include "cli/terminal/window_trace.hpp"
#include "control.hpp"
#include "plan.hpp"
#include "reloader.hpp"
#include "sampler.hpp"
#include "service_manager.hpp"
#include "watch_run.hpp"

#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

namespace sluice::cli {

class session {
 public:
  session(boost::asio::io_context& ioc, watch_plan plan);
  ~session();
  session(const session&) = delete;
  int run();

 private:
  bool open_traces();
  bool open_status();
  void begin();
  void observe(config& c);
  void began();
  void await_log();
  void ended(boost::system::error_code ec, run_summary s);
  void stopping();
  void end_early(exit_code code, int signal = 0);

  struct result {
    run_summary summary;
    boost::system::error_code error;
    int code = 0;  ///< the exit code of an end before the beginning
  };

  boost::asio::io_context& ioc_;
  watch_run run_;
  service_manager manager_;
  telemetry shown_;
  sampler sampler_;
  reloader reloader_;
  control control_;
  stopper stop_;
  struct {
    std::optional<window_trace> window;
    std::optional<network_trace> network;
  } traces_;
  status_server status_;
  boost::asio::steady_timer begin_at_;
  result result_;
};

}  // namespace sluice::cli
