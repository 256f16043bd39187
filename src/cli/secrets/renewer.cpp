#include "renewer.hpp"

#include "header_changes.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace sluice::cli {
namespace {

using clock = std::chrono::steady_clock;

}  // namespace

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

renewer::renewer(const boost::asio::any_io_executor& executor, const secret_sources& from, config& in_force,
                 listeners told)
    : due_at_{executor}, in_force_{in_force}, told_{std::move(told)}, secrets_{executor, from, in_force} {}

void renewer::read_token(std::function<void()> begin, std::function<void(const std::string&)> fail) {
  if (!secrets_.has_command() || in_force_.dry_run) return begin();
  secrets_.ask_command([this, begin = std::move(begin), fail = std::move(fail)](secrets::fresh f) {
    if (!f.gave) return fail(f.problems.front());
    in_force_.headers = std::move(f.headers);
    lifetime_.came(f.lifetime, clock::now());
    begin();
  });
}

void renewer::serve(uploader* up) {
  up_ = up;
  paused_ = {};
  if (up == nullptr) return;
  reload_.begin();
  hold_or_go();
  consider();
}

void renewer::answered(const attempt_record& a) {
  if (a.status == 401 && secrets_.renewable()) {
    reload_.refused(a.begun, clock::now());
    consider();
  } else if (a.verdict == verdict::accepted) {
    reload_.accepted(a.begun);
  }
  hold_or_go();
}

void renewer::ask_reload() {
  if (!reload_.ask_reload()) return;
  told_.reload_begins();
  read_all();
}

void renewer::hold_back(bool on) {
  reload_.hold_back(on);
  hold_or_go();
}

void renewer::read_all() {
  secrets_.renew([this](secrets::fresh f) { secrets_read(std::move(f)); });
}

void renewer::secrets_read(secrets::fresh f) {
  const auto now = clock::now();
  for (const auto& p : f.problems) told_.say(p);
  if (f.asked && f.gave) lifetime_.came(f.lifetime, now);
  if (f.asked && !f.gave) lifetime_.failed(now);
  const bool changed = put_in_force(f);
  const auto end = reload_.end_reading(changed, now);
  if (end.renewed) told_.note(changed ? "fresh headers are in force" : "the headers are the same as before");
  hold_or_go();
  if (end.reloaded) told_.reload_ends();
  if (end.again) ask_reload();
  consider();
}

/// True when anything is another than before.
bool renewer::put_in_force(const secrets::fresh& f) {
  const bool changed = put_headers_in_force(f.headers);
  auto& now = in_force_;
  const auto& [user, bearer, proxy_user] = f.who;
  if (user == now.user && bearer == now.bearer && proxy_user == now.proxy.user) return changed;
  try {
    if (up_ != nullptr) up_->update_credentials(f.who);
    now.user = user, now.bearer = bearer, now.proxy.user = proxy_user;
    return true;
  } catch (const std::invalid_argument& e) {
    told_.say(first_line(e.what()));
  }
  return changed;
}

bool renewer::put_headers_in_force(const std::vector<header>& fresh) {
  auto& headers = in_force_.headers;
  const auto changes = changes_of(headers, fresh);
  for (const auto& name : changes.left)
    told_.say("the header '" + printable(name) +
              "' cannot be taken away or repeated while it runs; it stays as it was");
  try {
    if (up_ != nullptr)
      for (const auto& h : changes.updates) up_->update_header(h.name, h.value);
  } catch (const std::invalid_argument& e) {
    told_.say(first_line(e.what()));
  }
  headers = overlaid(headers, changes.updates);
  return !changes.updates.empty();
}

/// Begins what is due, or waits for what will be.
void renewer::consider() {
  if (up_ == nullptr) return;
  const auto now = clock::now();
  const auto renewal = reload_.renewal_at();
  const auto next = lifetime_.due();
  if (renewal && *renewal <= now) {
    reload_.begin_renewal(now);
    told_.note("the server says 401: asking for fresh headers");
    hold_or_go();
    boost::asio::post(due_at_.get_executor(), [this] { read_all(); });  // an observer reads no files
    return;
  }
  if (next && *next <= now) {
    if (reload_.begin_refresh())
      secrets_.ask_command([this](secrets::fresh f) { secrets_read(std::move(f)); });
    return;
  }
  if (!renewal && !next) return;
  due_at_.expires_at(
      std::min(renewal.value_or(clock::time_point::max()), next.value_or(clock::time_point::max())));
  due_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) consider();
  });
}

/// An uploader is told what is new only: this is called for every attempt.
void renewer::hold_or_go() {
  if (up_ == nullptr) return;
  const auto obey = [this](pause_reason why, bool on, bool& told) {
    if (std::exchange(told, on) == on) return;
    on ? up_->pause(why) : up_->resume(why);
  };
  obey(pause_reason::asked, reload_.is_held(), paused_.asked);
  obey(pause_reason::renewal, reload_.holds_back(), paused_.renewal);
}

}  // namespace sluice::cli
