// Numbers, times and sizes as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::cli {

/// A whole number without sign.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// `10`, `1.5s`, `250ms`, `5m`, `2h`, `7d`, or several in turn: `1h30m`. A bare number is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// `4096`, `10k`, `2.5M`, `1G`, `1T`: powers of 1024, as in curl and rclone.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// `50`, `50/s`, `100/m`, `1000/h`: a second.
std::optional<double> parse_rate(std::string_view text);

}  // namespace sluice::cli
