#include "findings.hpp"

#include "cli/terminal/progress_text.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::cli {

std::string knee_text(const std::vector<step_report>& steps) {
  const auto knee = knee_of(steps);
  if (!knee) return {};
  return std::string{"the knee: the smallest window with 95 % of the best rate"} +
         (std::none_of(steps.begin() + static_cast<std::ptrdiff_t>(*knee) + 1, steps.end(), is_fixed)
              ? "; none larger was measured"
              : "");
}

std::string milliseconds_text(double ms) {
  if (ms < 1) return fixed(ms, 3);
  if (ms < 9.995) return fixed(ms, 2);
  return ms < 99.95 ? fixed(ms, 1) : grouped(static_cast<std::uint64_t>(std::llround(ms)));
}

std::vector<phase> phases_of(const step_report& s) {
  std::vector<phase> all{{"connect", "DNS and TCP, new connections", s.connect},
                         {"handshake", "TLS, new connections", s.handshake},
                         {"send", "to the last byte sent", s.send},
                         {"wait", "until the reply: the server's time", s.wait},
                         {"total", "of accepted requests", s.total},
                         {"late", "begun later than intended", s.late}};
  std::erase_if(all, [](const phase& p) { return p.ms.count == 0; });
  return all;
}

std::vector<std::string> findings_of(const step_report& s, double rate) {
  const auto window = "window " + s.window + ": ";
  const bool client = client_was_the_limit(s);
  std::vector<std::string> lines;
  if (client)
    lines.push_back(
        window + "the client was the limit, not the server: it used " + percent(s.cpu_share) +
        " of the one core that its one thread can have" +
        (s.cpu_wait_share > 0.1 ? ", and waited " + percent(s.cpu_wait_share) + " of the time for it" : ""));
  if (rate > 0 && s.seconds > 0 && s.requests_per_second < 0.95 * rate)
    lines.push_back(window + "of " + cli::rate(rate) + " requests/s intended, " +
                    cli::rate(s.requests_per_second) +
                    " were accepted; latency includes the queue that this made");
  if (!client && s.late.count > 0 && s.late.p99 > 10)
    lines.push_back(
        window + "one request in a hundred began " + milliseconds_text(s.late.p99) +
        " ms late or more: all connections were busy, or this machine; a larger --window tells which");
  if (s.unfinished > 0)
    lines.push_back(window + grouped(s.unfinished) +
                    " requests had not ended when the run did; they are in no percentile");
  return lines;
}

}  // namespace sluice::cli
