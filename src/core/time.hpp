// The two kinds of time that come into decisions as values. Nothing in core reads a clock.
#pragma once

#include <chrono>
#include <random>

namespace sluice::core {

using steady_time = std::chrono::steady_clock::time_point;  ///< deadlines, back-off, rates
using wall_time = std::chrono::system_clock::time_point;    ///< what people and servers see
using std::chrono::milliseconds;

/// Randomness of decisions (jitter): one per uploader, seeded once from the operating system.
using rng = std::mt19937_64;

}  // namespace sluice::core
