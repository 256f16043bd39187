// The real world: sockets, the steady clock, the file system.
#pragma once

#include "engine/settings.hpp"
#include "engine/world.hpp"

namespace sluice::engine {

world live_world(asio::any_io_executor executor, const settings& s);

}  // namespace sluice::engine
