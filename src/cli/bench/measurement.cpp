#include "measurement.hpp"

#include "cli/options/quantities.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <cmath>

namespace sluice::cli {
namespace {

std::chrono::microseconds rounded(std::chrono::nanoseconds t) {
  return std::chrono::round<std::chrono::microseconds>(t);
}

}  // namespace

percentiles percentiles_of(const latency_histogram& h) noexcept {
  const auto ms = [&](double q) { return h.percentile(q).count() / 1000; };
  return {h.count(), ms(.5), ms(.9), ms(.99), ms(.999), ms(1)};
}

void measurement::add(const sample& s) {
  note_phases(s);
  if (s.ended >= begin_ && s.ended < end_ && !s.cut) {
    const auto at =
        static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(s.ended - begin_).count());
    if (at >= per_second_.size()) per_second_.resize(at + 1, {.window = s.window});
    auto& now = per_second_[at];
    now.window = s.window;
    ++(s.accepted ? now.accepted : now.failed);
    if (s.accepted) now.bytes += s.attempt ? s.attempt->size : 0;
  }
  if (!s.measured) {
    ++unmeasured_;
    return;
  }
  ++requests_;
  if (s.cut)
    ++unfinished_;
  else if (s.accepted)
    ++accepted_;
  else
    ++failed_, ++errors_[kind_of(s)];
}

void measurement::note_phases(const sample& s) {
  if (!s.attempt) return;
  const auto& a = *s.attempt;
  const auto happened = [](auto duration) { return duration.count() > 0; };
  if (happened(a.connect)) ++connections_, connect_.add(rounded(a.connect));
  if (happened(a.handshake)) handshake_.add(rounded(a.handshake));
  if (!s.measured || s.cut) return;
  late_.add(rounded(a.begun - s.intended));
  if (!s.accepted) return;
  send_.add(rounded(a.send)), wait_.add(rounded(a.wait));
  total_.add(rounded(s.ended - s.intended));
}

step_report measurement::report(std::string window, clock::time_point stopped, const usage& used) const {
  const auto end = std::min(stopped, end_);
  step_report r;
  r.window = std::move(window);
  r.seconds = std::max(std::chrono::duration<double>{end - begin_}.count(), 0.0);
  r.requests = requests_, r.accepted = accepted_, r.failed = failed_, r.unfinished = unfinished_;
  r.unmeasured = unmeasured_, r.connections = connections_;
  r.connect = percentiles_of(connect_), r.handshake = percentiles_of(handshake_);
  r.send = percentiles_of(send_), r.wait = percentiles_of(wait_), r.total = percentiles_of(total_),
  r.late = percentiles_of(late_);
  r.errors = errors_;
  r.per_second = per_second_;
  r.per_second.resize(static_cast<std::size_t>(std::ceil(r.seconds)),
                      {.window = per_second_.empty() ? 0 : per_second_.back().window});
  if (!r.per_second.empty())
    r.per_second.back().length = r.seconds - static_cast<double>(r.per_second.size() - 1);
  std::uint64_t accepted = 0, failed = 0, bytes = 0;
  for (const auto& s : r.per_second) accepted += s.accepted, failed += s.failed, bytes += s.bytes;
  if (r.seconds > 0) {
    r.requests_per_second = static_cast<double>(accepted) / r.seconds;
    r.bytes_per_second = static_cast<double>(bytes) / r.seconds;
  }
  r.cpu_seconds = used.cpu_seconds;
  constexpr double too_short = 0.01;  // seconds; a share of less is chance
  if (used.wall_seconds > too_short) {
    r.cpu_share = used.cpu_seconds / used.wall_seconds;
    r.cpu_wait_share = used.waited_seconds / used.wall_seconds;
  }
  if (accepted + failed > 0)
    r.cpu_us_per_request = used.cpu_seconds * 1e6 / static_cast<double>(accepted + failed);
  return r;
}

std::string kind_of(const sample& s) {
  auto status = "status " + std::to_string(s.status);
  if (s.error == errc::refused_body) return status + ", not what --success-json asks for";
  for (const auto e : {errc::busy_status, errc::refused_status, errc::auth_refused, errc::redirected})
    if (s.error == e) return status;
  return s.error.message();
}

wall wall_of(const sample& s) {
  for (const auto e :
       {errc::auth_refused, errc::redirected, errc::tls_identity, errc::tls_pin_mismatch,
        errc::tls_client_refused, errc::proxy_identity, errc::proxy_auth_refused, errc::proxy_refused})
    if (s.error == e) return wall::refused;
  return s.status == 0 && s.attempt && s.attempt->bytes == 0 ? wall::unreachable : wall::none;
}

bool is_fixed(const step_report& s) { return parse_count(s.window).has_value(); }

std::optional<std::size_t> knee_of(const std::vector<step_report>& steps) {
  const auto rate = &step_report::requests_per_second;
  double best = 0;
  for (const auto& s : steps)
    if (is_fixed(s)) best = std::max(best, s.*rate);
  if (std::ranges::count_if(steps, is_fixed) < 2 || best <= 0) return std::nullopt;
  const auto it =
      std::ranges::find_if(steps, [&](const auto& s) { return is_fixed(s) && s.*rate >= 0.95 * best; });
  return static_cast<std::size_t>(it - steps.begin());
}

}  // namespace sluice::cli
