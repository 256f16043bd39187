// A request of `sluice ctl` to a running `sluice watch`: one JSON line, {"command": …, "value": …}.
#pragma once

#include <sluice/window.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

struct control_request {
  enum class command { status, pause, resume, window, rate, limit_rate, rescan, drain };
  command what = command::status;
  sluice::window window = sluice::window::automatic();
  double requests_per_second = 0;      ///< 0: no limit
  std::uint64_t bytes_per_second = 0;  ///< 0: no limit
};

/// `window 16` and the like, as a person writes it; nothing, and a `problem`, for what is no command.
std::optional<control_request> parse_request(const std::vector<std::string>& words, std::string& problem);
/// The same as it travels, without the line end.
std::optional<control_request> parse_request_line(std::string_view line, std::string& problem);
std::string request_line(const std::vector<std::string>& words);

/// `{"ok":true}`, or `{"ok":false,"error":…}`.
std::string reply_line(const std::string& error);

}  // namespace sluice::cli
