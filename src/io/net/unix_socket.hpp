// A connection to a Unix socket (config::unix_socket).
#pragma once

#include "io/net/connect.hpp"

#include <filesystem>

namespace sluice::io {

/// A path that is longer is none of a Unix socket.
constexpr std::size_t longest_socket_path = 107;

/// Connects to the socket at `path`, and waits while its backlog is full. Emitting `abort` ends it with
/// operation_aborted.
awaitable<connected> connect_to_socket(asio::any_io_executor executor, const std::filesystem::path& path,
                                       asio::cancellation_slot abort);

}  // namespace sluice::io
