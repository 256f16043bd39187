#include "io/net/tracer.hpp"

namespace sluice::io {

void tracer::tell(trace_event e) {
  e.time = std::chrono::system_clock::now();
  hear_(e);
}

}  // namespace sluice::io
