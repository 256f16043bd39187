// The operator's requests to a running watch, and what it answers.
#pragma once

#include "cli/secrets/renewer.hpp"
#include "control_request.hpp"
#include "control_server.hpp"
#include "control_status.hpp"
#include "sampler.hpp"
#include "watch_run.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <string>

namespace sluice::cli {

class control {
 public:
  /// `run`, `secrets` and `samples` outlive it.
  control(const boost::asio::any_io_executor& executor, watch_run& run, renewer& secrets,
          const sampler& samples);

  /// Listens, where the plan asks for it; requests wait for serve_requests(). The exit code of an end before
  /// the beginning, or 0.
  int open_socket();
  void serve_requests();
  /// One line, for the service manager.
  std::string status_text() const;

 private:
  std::string answer_line(const std::string& line);
  std::string obey_request(const control_request& r);
  std::string set_window(window w);
  watch_status status_now() const;

  watch_run& run_;
  renewer& secrets_;
  const sampler& samples_;
  control_server server_;
};

}  // namespace sluice::cli
