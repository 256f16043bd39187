#include "window_trace.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace sluice::cli {
namespace {

/// More digits than a measurement has are noise.
double thousandths(double v) { return std::round(v * 1000) / 1000; }

}  // namespace

void window_trace::write(const window_change& c) {
  const auto ms = std::chrono::duration<double, std::milli>(c.at - begun_).count();
  out_ << nlohmann::ordered_json{{"t_ms", thousandths(ms)},
                                 {"from", c.from},
                                 {"to", c.to},
                                 {"reason", to_string(c.reason)},
                                 {"in_flight", c.in_flight},
                                 {"files_per_s", thousandths(c.files_per_second)},
                                 {"bytes_per_s", thousandths(c.bytes_per_second)},
                                 {"server_ms", thousandths(c.server_ms)}}
              .dump()
       << '\n'
       << std::flush;
}

}  // namespace sluice::cli
