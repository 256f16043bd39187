#include "control.hpp"

#include "cli/exit_code.hpp"

#include <chrono>

namespace sluice::cli {

control::control(const boost::asio::any_io_executor& executor, watch_run& run, renewer& secrets,
                 const sampler& samples)
    : run_{run}, secrets_{secrets}, samples_{samples}, server_{executor} {}

int control::open_socket() {
  const auto& path = run_.plan.control;
  if (path.empty()) return 0;
  const auto t = server_.open(path);
  if (t.what.empty()) return 0;
  run_.say("--control: " + t.what);
  return static_cast<int>(t.in_use ? exit_code::locked : exit_code::usage);
}

void control::serve_requests() {
  if (run_.plan.control.empty()) return;
  server_.serve([this](const std::string& line) { return answer_line(line); });
}

std::string control::answer_line(const std::string& line) {
  std::string problem;
  const auto r = parse_request_line(line, problem);
  if (!r) return reply_line(problem);
  if (r->what == control_request::command::status) return status_line(status_now());
  return reply_line(obey_request(*r));
}

/// Why it cannot be, or nothing.
std::string control::obey_request(const control_request& r) {
  using enum control_request::command;
  switch (r.what) {
    case status:
      break;
    case pause:
    case resume:
      secrets_.hold_back(r.what == pause);
      break;
    case window:
      return set_window(r.window);
    case rate:
      run_.in_force().limit.requests_per_second = r.requests_per_second;
      run_.up->set_rate(r.requests_per_second);
      break;
    case limit_rate:
      run_.in_force().limit.bytes_per_second = r.bytes_per_second;
      run_.up->set_limit_rate(r.bytes_per_second);
      break;
    case rescan:
      run_.up->rescan();
      break;
    case drain:  // a pause would keep it from its end
      secrets_.hold_back(false);
      run_.up->finish();
      break;
  }
  return {};
}

std::string control::set_window(window w) {
  auto& in_force = run_.in_force().window;
  config probe;
  probe.url = "http://127.0.0.1/";
  probe.window = w.is_automatic() ? window::automatic(in_force.is_automatic() ? in_force.size() : 0) : w;
  if (const auto found = problems(probe); !found.empty()) return to_string(found.front());
  in_force = probe.window;
  run_.up->set_window(in_force);
  return {};
}

watch_status control::status_now() const {
  const auto& in_force = run_.in_force();
  watch_status s;
  s.progress = run_.up->progress();
  s.url = in_force.url.substr(0, in_force.url.find('?'));  // a query may hold a secret
  for (const auto& root : run_.plan.base.source.roots()) s.sources.push_back(root.string());
  s.now = samples_.last_pace();
  s.reasons = run_.up->reasons();
  s.window_auto = in_force.window.is_automatic();
  s.requests_per_second = in_force.limit.requests_per_second;
  s.bytes_per_second = in_force.limit.bytes_per_second;
  s.at = std::chrono::system_clock::now();
  return s;
}

std::string control::status_text() const {
  const auto p = run_.up->progress();
  if (const auto log = log_text(p)) return *log;
  return std::string{to_string(p.endpoint.state)} + "  " + figures_text(p, samples_.last_pace()) +
         followed_text(p, std::chrono::system_clock::now());
}

}  // namespace sluice::cli
