// The answer of /metrics: the text format of Prometheus (docs/status.md lists the names).
#pragma once

#include "process_figures.hpp"
#include "telemetry.hpp"

#include <memory>
#include <string>

namespace sluice::cli {

/// Counters never go back, from one text to the next.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  std::string text(const telemetry& shown, const process_figures& process);
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct families;
  std::unique_ptr<families> all_;
};

}  // namespace sluice::cli
