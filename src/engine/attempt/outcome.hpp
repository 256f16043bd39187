// The outcome of one try of one file.
#pragma once

#include "core/http/verdict.hpp"
#include "core/time.hpp"
#include "core/window/window_round.hpp"

#include <sluice/fate.hpp>

#include <boost/system/error_code.hpp>
#include <optional>
#include <string>
#include <utility>

namespace sluice::engine {

/// Either the file may be tried again, or it has a fate. Its owner decides what that means (job_owner).
struct outcome {
  sluice::fate fate = fate::deferred;         ///< if it is not tried again
  boost::system::error_code error;            ///< why the fate is not `accepted`
  std::string reason;                         ///< more than `error` says, for people; often empty
  std::optional<core::steady_time> again;     ///< due time of another try
  boost::system::error_code obstacle;         ///< the system's reason, with errc::not_removable
  std::optional<core::judgement> endpoint;    ///< the endpoint's part; nothing: it was not asked, or cut off
  std::optional<core::window_sample> sample;  ///< measured by an attempt that used the network

  static outcome of(sluice::fate fate, boost::system::error_code error = {}, std::string reason = {}) {
    outcome o;
    o.fate = fate, o.error = error, o.reason = std::move(reason);
    return o;
  }
  /// Not tried now: again at `due`, for `why`.
  static outcome later(core::steady_time due, boost::system::error_code why) {
    auto o = of(fate::deferred, why);
    o.again = due;
    return o;
  }
};

}  // namespace sluice::engine
