#include "sim/window_trial.hpp"

#include "engine/uploader_engine.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace sim {

window_trial::window_trial(const window_plan& plan) : world_{plan.seed}, server_{plan.model} {
  sluice::config cfg;
  cfg.url = "http://server.invalid/upload";
  cfg.window = plan.window;
  if (plan.rival) {
    rival_ = plan.rival(plan.window.size());
    rival_set_ = rival_->limit();
    cfg.window = sluice::window::fixed(rival_set_);
  }
  cfg.on_attempt = [this](const sluice::attempt_record& a) { observe(a); };
  cfg.on_window = [this](const sluice::window_change& c) {
    if (trace_)
      std::printf("%10.3f  %4zu -> %4zu  %-9s  %8.0f/s\n", now(), c.from, c.to,
                  std::string{to_string(c.reason)}.c_str(), c.files_per_second);
  };
  std::vector<sluice::problem> problems;
  auto settings = sluice::engine::compile(cfg, problems);
  if (!settings) throw std::runtime_error{to_string(problems.front())};
  settings->descriptors.window = 4096;  // not this machine's descriptors
  loop_ = std::make_unique<asio::io_context>(1);
  const auto executor = loop_->get_executor();
  engine_ = sluice::engine::uploader_engine::make(
      std::move(*settings),
      {executor, std::make_unique<clock>(executor), std::make_unique<entropy>(),
       std::make_unique<window_network>(server_, executor), std::make_unique<window_files>(server_)});
  engine_->drain(sluice::source::directory("endless"), {}, [](error_code, const sluice::run_summary&) {});
}

window_trial::~window_trial() {
  engine_->abandon();
  world_.kill_process();
  engine_.reset();
  loop_.reset();
}

double window_trial::now() const {
  return std::chrono::duration<double>(world_.now().time_since_epoch() - std::chrono::hours{1000}).count();
}

std::size_t window_trial::window() const { return engine_->snapshot().window; }

void window_trial::observe(const sluice::attempt_record& a) {
  ++figures_.attempts;
  if (a.status == 503)
    ++figures_.refused;
  else if (a.verdict == sluice::verdict::accepted) {
    ++figures_.accepted;
    accepted_at_.push_back(now());
    latencies_.push_back(std::chrono::duration<float, std::milli>(a.total).count());
  }
  if (!rival_) return;
  rival_->observe(a);
  if (rival_->limit() == rival_set_) return;
  rival_set_ = rival_->limit();
  asio::post(*loop_, [this] { engine_->set_window(sluice::window::fixed(rival_set_)); });
}

void window_trial::turn() {
  loop_->restart();
  if (loop_->poll() > 0) return;
  if (!world_.step()) stuck_ = true;
}

window_figures window_trial::run(double seconds, std::uint64_t files, double most, std::uint64_t attempts) {
  figures_ = {}, latencies_.clear(), accepted_at_.clear();
  const auto begun = now();
  double window_seconds = 0, last = begun;
  if (every_ > 0 && next_sample_ <= begun) next_sample_ = begun + every_, sampled_ = 0;
  while (!stuck_) {
    const auto t = now();
    window_seconds += static_cast<double>(window()) * (t - last), last = t;
    while (every_ > 0 && t >= next_sample_) {
      course_.push_back({next_sample_, window(), static_cast<double>(figures_.accepted - sampled_) / every_});
      sampled_ = figures_.accepted, next_sample_ += every_;
    }
    if ((t - begun >= seconds && figures_.accepted >= files) || t - begun >= most ||
        figures_.attempts >= attempts)
      break;
    turn();
  }
  auto f = figures_;
  f.seconds = now() - begun;
  f.goodput = f.seconds > 0 && !stuck_ ? static_cast<double>(f.accepted) / f.seconds : 0;
  f.mean_window = f.seconds > 0 ? window_seconds / f.seconds : 0;
  if (!latencies_.empty()) {
    const auto middle = latencies_.begin() + static_cast<std::ptrdiff_t>(latencies_.size() / 2);
    std::nth_element(latencies_.begin(), middle, latencies_.end());
    f.median_ms = *middle;
  }
  sampled_ = 0;
  return f;
}

}  // namespace sim
