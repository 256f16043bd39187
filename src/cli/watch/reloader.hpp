// Configuration that changes while a watch runs: on SIGHUP, and when the server no longer takes our
// credentials.
#pragma once

#include "cli/secrets/renewer.hpp"
#include "service_manager.hpp"
#include "watch_run.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace sluice::cli {

/// A reload is what a renewer reads, and the job log, the certificates and the keys.
class reloader {
 public:
  /// `run` and `manager` outlive it.
  reloader(boost::asio::io_context& ioc, watch_run& run, service_manager& manager);
  reloader(const reloader&) = delete;

  /// Each SIGHUP asks for a reload from now on.
  void hear_hangups();
  cli::renewer& renewer() noexcept { return renewer_; }

 private:
  void await_hangup();
  void reload_files();
  void reload_tls();

  watch_run& run_;
  service_manager& manager_;
  cli::renewer renewer_;
  boost::asio::signal_set hangup_;
};

}  // namespace sluice::cli
