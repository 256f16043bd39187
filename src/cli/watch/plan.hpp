// The plan says what a `watch` is to do: what a `send` does, and how it lives on.
#pragma once

#include "cli/send/send_plan.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// Where the status page listens.
struct status_address {
  std::string ip;
  std::uint16_t port = 0;  ///< 0: any free one
};

struct watch_plan {
  send_plan base;               ///< the plan of the send; its source is followed
  std::string pass, pass_from;  ///< --pass as given, and where: what is in a file is read again; empty: none
  std::string control;          ///< path of the socket; empty: none
  std::optional<status_address> status;
};

/// All problems are added, each one line that names its option.
watch_plan make_watch_plan(const raw_options& options, std::vector<std::string>& problems);

/// `127.0.0.1:9180`, `[::1]:9180`.
std::optional<status_address> parse_status_address(std::string_view text);

/// Why no Unix socket can have this path, or nothing.
std::string control_path_problem(const std::string& path);

}  // namespace sluice::cli
