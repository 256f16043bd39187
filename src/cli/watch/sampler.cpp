#include "sampler.hpp"

#include <chrono>

namespace sluice::cli {

sampler::sampler(const boost::asio::any_io_executor& executor, watch_run& run, telemetry& shown)
    : run_{run}, shown_{shown}, again_at_{executor} {}

void sampler::keep_looking() {
  pace_ = meter_.add(run_.up->progress());
  shown_.reasons(run_.up->reasons());
  tell_rescans();
  again_at_.expires_after(std::chrono::seconds{1});
  again_at_.async_wait([this](boost::system::error_code ec) {
    if (!ec) keep_looking();
  });
}

/// The watch goes on all the same, so nobody would notice but by the delay.
void sampler::tell_rescans() {
  if (rescans_told_ || !run_.up->progress().only_rescans) return;
  rescans_told_ = true;
  run_.note(
      "warning: some directories cannot be watched (see fs.inotify.max_user_watches): new files in them are "
      "found by walks only, one each --rescan");
}

}  // namespace sluice::cli
