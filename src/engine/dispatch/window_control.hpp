// How many uploads at once: what the caller set, or what the automatic window makes of each attempt.
#pragma once

#include "core/pacing/permits.hpp"
#include "core/window/auto_window.hpp"
#include "engine/context.hpp"

#include <sluice/window.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::engine {

class window_control {
 public:
  explicit window_control(context& c);

  core::permits& permits() noexcept { return permits_; }
  const core::permits& permits() const noexcept { return permits_; }
  /// Changes of an automatic window since the beginning.
  std::uint64_t changes() const noexcept { return changes_; }

  /// An automatic window begins anew.
  void set(window w);
  /// The limit of an automatic window may have changed.
  void observe(core::window_sample s);
  /// There was no descriptor to be had. A fixed window is smaller from now on, an automatic one tries again.
  void shrink();

 private:
  std::optional<core::auto_window> tuner_of(window w) const;
  void tell(window_reason why);

  context& context_;
  std::optional<core::auto_window> tuner_;  ///< tunes an automatic window
  core::permits permits_;
  std::size_t told_;              ///< the last limit an observer was told
  core::steady_time asked_at_{};  ///< when the clock was last asked for the processor time
  std::uint64_t changes_ = 0;
};

}  // namespace sluice::engine
