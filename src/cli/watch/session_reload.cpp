// Configuration that changes while it runs: on SIGHUP, and when the server no longer takes our credentials.
#include "header_changes.hpp"
#include "session.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>

namespace sluice::cli {
namespace {

using clock = std::chrono::steady_clock;

/// One line, whatever it was made of.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void session::await_hangup() {
  hangup_.async_wait([this](boost::system::error_code ec, int) {
    if (ec) return;
    reload();
    await_hangup();
  });
}

/// Before it began there is nothing old to be renewed, and at its end nothing to be renewed for.
void session::reload() {
  if (!up_ || stopping_) return;
  if (refreshing_) {
    reload_again_ = true;
    return;
  }
  reload_told_ = true;
  manager_.reloading();
  if (const auto ec = up_->reopen_job_log())
    say("--joblog: cannot open '" + printable(config_.job_log.string()) + "' again: " + ec.message() +
        "; the old one stays in use");
  reload_tls();
  refresh();
}

/// The system's certificates, which no option names, are read at the start only.
void session::reload_tls() {
  const auto& tls = config_.tls;
  if (tls.ca_file.empty() && tls.cert_file.empty() && tls.key_file.empty()) return;
  try {
    up_->update_tls(tls);
  } catch (const std::invalid_argument& e) {
    say(first_line(e.what()) + "; the certificates and keys stay as they were");
  }
}

void session::refresh() {
  refreshing_ = true;
  secrets_.renew([this](secrets::fresh f) { refreshed(std::move(f)); });
}

void session::refreshed(secrets::fresh f) {
  refreshing_ = false;
  for (const auto& p : f.problems) say(p);
  const bool changed = put_in_force(f.headers);
  if (renewing_) {
    renewing_ = false;
    renewal_.ended(changed, clock::now());
    note(changed ? "fresh headers are in force" : "the headers are the same as before");
    hold_or_go();
  } else if (changed) {
    renewal_.replaced(clock::now());
  }
  if (reload_told_) {
    reload_told_ = false;
    manager_.reloaded();
    note("reloaded");
  }
  if (reload_again_) {
    reload_again_ = false;
    reload();
  }
  consider_renewal();
}

/// True when anything is another than before.
bool session::put_in_force(const std::vector<header>& fresh) {
  const auto changes = changes_of(config_.headers, fresh);
  for (const auto& name : changes.left)
    say("the header '" + printable(name) +
        "' cannot be taken away or repeated while it runs; it stays as it was");
  try {
    for (const auto& h : changes.updates) up_->update_header(h.name, h.value);
  } catch (const std::invalid_argument& e) {
    say(first_line(e.what()));
  }
  config_.headers = overlaid(config_.headers, changes.updates);
  return !changes.updates.empty();
}

void session::answered(const attempt_record& a) {
  if (a.status == 401 && secrets_.renewable()) {
    renewal_.refused(a.begun, clock::now());
    consider_renewal();
  } else if (a.verdict == verdict::accepted) {
    renewal_.accepted(a.begun);
  }
}

void session::consider_renewal() {
  const auto due = renewal_.due();
  if (!due || refreshing_ || stopping_) return;
  if (*due > clock::now()) {
    renew_at_.expires_at(*due);
    renew_at_.async_wait([this](boost::system::error_code ec) {
      if (!ec) consider_renewal();
    });
    return;
  }
  renewal_.began(clock::now());
  renewing_ = refreshing_ = true;
  note("the server says 401: asking for fresh headers");
  hold_or_go();
  boost::asio::post(ioc_, [this] { refresh(); });  // an observer reads no files
}

void session::hold_or_go() {
  if (holding_ || renewing_)
    up_->pause();
  else
    up_->resume();
}

}  // namespace sluice::cli
