// Tells an operator early that nothing answers, or that nothing is accepted.
#pragma once

#include "core/pacing/endpoint_monitor.hpp"
#include "core/time.hpp"
#include "engine/context.hpp"
#include "io/net/exchange.hpp"

#include <string>

namespace sluice::engine {

/// All retries lie between the first attempt and the end of a run, and a run that follows has no end: an
/// operator hears of it before.
class answer_watch {
 public:
  answer_watch(const context& c, bool follows) : context_{c}, follows_{follows} {}
  /// The least time between two of the messages.
  static constexpr core::milliseconds least_apart{60'000};

  void judged(const core::attempt_outcome& outcome, const std::string& reason);
  /// Tells of a trouble, once until a file is accepted.
  void tell_trouble(const core::endpoint_monitor::condition& trouble);
  void endpoint_takes_files() noexcept { told_ = false; }

 private:
  void tell(std::string text);

  const context& context_;
  bool follows_;
  bool over_ = false;  ///< a connection was made, or an operator was told that none is
  bool told_ = false;  ///< an operator was told since the last file was accepted
  core::steady_time next_ = core::steady_time::min();
};

}  // namespace sluice::engine
