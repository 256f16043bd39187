// The tracer tells an observer what happens on the network.
#pragma once

#include <sluice/trace.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace sluice::io {

/// The rooms of one uploader share it. There is none where nobody listens: whoever has news looks at a null
/// pointer, and makes nothing of it.
class tracer {
 public:
  explicit tracer(std::function<void(const trace_event&)> hear) : hear_{std::move(hear)} {}

  std::uint64_t number_connection() noexcept { return ++connections_; }
  /// Adds the time, and tells it.
  void tell(trace_event e);
  /// Connections end without a word afterwards: the listener may be gone.
  void leave_ends_untold() noexcept { tells_ends_ = false; }
  bool tells_ends() const noexcept { return tells_ends_; }

 private:
  std::function<void(const trace_event&)> hear_;
  std::uint64_t connections_ = 0;
  bool tells_ends_ = true;
};

}  // namespace sluice::io
