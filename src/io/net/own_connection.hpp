// A connection that the caller's own code makes (config::connector).
#pragma once

#include "io/net/connect.hpp"

#include <sluice/config.hpp>

namespace sluice::io {

/// Waits for the connector's answer. Emitting `abort` ends it with operation_aborted; a socket that comes
/// later is closed.
awaitable<connected> connect_by(asio::any_io_executor executor, const connector& make,
                                const connect_target& to, asio::cancellation_slot abort);

}  // namespace sluice::io
