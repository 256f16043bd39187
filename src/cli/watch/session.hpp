// One `watch`, from its start to its exit code.
#pragma once

#include "cli/display.hpp"
#include "cli/status/status_server.hpp"
#include "cli/stopper.hpp"
#include "cli/window_trace.hpp"
#include "control_request.hpp"
#include "control_server.hpp"
#include "control_status.hpp"
#include "plan.hpp"
#include "renewal.hpp"
#include "secrets.hpp"
#include "service_manager.hpp"

#include <sluice/sluice.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

namespace sluice::cli {

class session {
 public:
  session(boost::asio::io_context& ioc, watch_plan plan);
  session(const session&) = delete;
  int run();

 private:
  // The course of it (session.cpp).
  int open_control();
  void begin();
  bool open_status();
  void began();
  void stopping();
  void sample();
  void tell_rescans();
  void note(const std::string& text);  ///< unless it is to be quiet
  void say(const std::string& text) { show_.say("sluice: " + text); }

  // Configuration that changes (session_reload.cpp).
  void await_hangup();
  void reload();
  void reload_tls();
  void refresh();
  void refreshed(secrets::fresh f);
  bool put_in_force(const std::vector<header>& fresh);
  void answered(const attempt_record& a);
  void consider_renewal();
  void hold_or_go();

  // What the operator asks for (session_control.cpp).
  std::string answer(const std::string& line);
  std::string obey(const control_request& r);
  std::string set_window(window w);
  watch_status status() const;
  std::string status_text() const;

  boost::asio::io_context& ioc_;
  watch_plan plan_;
  config& config_;  ///< of the plan; its headers are those in force
  display show_;
  service_manager manager_;
  control_server control_;
  secrets secrets_;
  stopper stop_;
  boost::asio::signal_set hangup_;
  std::optional<window_trace> trace_;
  telemetry shown_;
  std::optional<uploader> up_;
  status_server status_;
  run_summary summary_;
  int code_ = 0;  ///< of an end before the beginning

  bool ready_ = false, stopping_ = false;
  bool rescans_told_ = false;
  bool refreshing_ = false;    ///< the secrets are being read
  bool reload_told_ = false;   ///< the service manager waits for the end of a reload
  bool reload_again_ = false;  ///< asked for in the midst of one
  bool holding_ = false;       ///< the operator's pause
  bool renewing_ = false;      ///< the pause for fresh secrets
  renewal renewal_;
  boost::asio::steady_timer renew_at_, begin_at_, sample_at_;
  pace_meter meter_;
  pace now_;
};

}  // namespace sluice::cli
