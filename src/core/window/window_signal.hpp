// The signal is what an attempt tells the automatic window.
#pragma once

#include "core/http/verdict.hpp"
#include "core/window/window_round.hpp"

namespace sluice::core {

/// `status` of the reply, 0 where none came. 429 and 503, and attempts that nobody answered, may mean that
/// there are too many at once; other errors do not get fewer with fewer at once.
window_sample::kind window_signal(const judgement& v, int status);

}  // namespace sluice::core
