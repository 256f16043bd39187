// What the operator asks a running watch for.
#include "session.hpp"

#include <chrono>

namespace sluice::cli {

std::string session::answer(const std::string& line) {
  std::string problem;
  const auto r = parse_request_line(line, problem);
  if (!r) return reply_line(problem);
  if (r->what == control_request::command::status) return status_line(status());
  return reply_line(obey(*r));
}

/// Why it cannot be, or nothing.
std::string session::obey(const control_request& r) {
  using enum control_request::command;
  switch (r.what) {
    case status:
      break;
    case pause:
    case resume:
      holding_ = r.what == pause;
      hold_or_go();
      break;
    case window:
      return set_window(r.window);
    case rate:
      config_.limit.requests_per_second = r.requests_per_second;
      up_->set_rate(r.requests_per_second);
      break;
    case limit_rate:
      config_.limit.bytes_per_second = r.bytes_per_second;
      up_->set_limit_rate(r.bytes_per_second);
      break;
    case rescan:
      up_->rescan();
      break;
    case drain:  // which a pause would keep from its end
      holding_ = false;
      hold_or_go();
      up_->finish();
      break;
  }
  return {};
}

std::string session::set_window(window w) {
  config probe;
  probe.url = "http://127.0.0.1/";
  probe.window =
      w.is_automatic() ? window::automatic(config_.window.is_automatic() ? config_.window.size() : 0) : w;
  if (const auto found = problems(probe); !found.empty()) return found.front();
  config_.window = probe.window;
  up_->set_window(config_.window);
  return {};
}

watch_status session::status() const {
  watch_status s;
  s.progress = up_->progress();
  s.state = state_of(s.progress, stopping_, holding_, renewing_);
  s.url = config_.url.substr(0, config_.url.find('?'));  // a query may hold a secret
  for (const auto& root : plan_.base.source.roots()) s.sources.push_back(root.string());
  s.now = now_;
  s.window_auto = config_.window.is_automatic();
  s.requests_per_second = config_.limit.requests_per_second;
  s.bytes_per_second = config_.limit.bytes_per_second;
  s.at = std::chrono::system_clock::now();
  return s;
}

/// One line, for the service manager.
std::string session::status_text() const {
  const auto p = up_->progress();
  return state_of(p, stopping_, holding_, renewing_) + progress_line(p, now_).substr(7) +
         followed_text(p, std::chrono::system_clock::now());
}

}  // namespace sluice::cli
