#include "window_trace.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace sluice::cli {
namespace {

/// More digits than a measurement has are noise.
double thousandths(double v) { return std::round(v * 1000) / 1000; }

}  // namespace

bool window_trace::write(const window_change& c) {
  if (!good()) return true;
  const auto ms = std::chrono::duration<double, std::milli>(c.at - begun_).count();
  const auto line = nlohmann::ordered_json{{"t_ms", thousandths(ms)},
                                           {"from", c.from},
                                           {"to", c.to},
                                           {"reason", to_string(c.reason)},
                                           {"in_flight", c.in_flight},
                                           {"files_per_s", thousandths(c.files_per_second)},
                                           {"bytes_per_s", thousandths(c.bytes_per_second)},
                                           {"server_ms", thousandths(c.server_ms)}}
                        .dump() +
                    '\n';
  return out_.write(line, std::chrono::milliseconds{0});
}

}  // namespace sluice::cli
