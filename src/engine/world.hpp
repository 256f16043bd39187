// The world that an engine stands on: the real one (live.cpp), or a simulated one (tests/sim).
#pragma once

#include "io/net/tracer.hpp"
#include "io/world/clock.hpp"
#include "io/world/files.hpp"
#include "io/world/network.hpp"

#include <memory>

namespace sluice::engine {

struct world {
  asio::any_io_executor executor;
  std::unique_ptr<io::clock> clock;
  std::unique_ptr<io::entropy> entropy;
  std::unique_ptr<io::network> network;
  std::unique_ptr<io::files> files;
  std::shared_ptr<io::tracer> trace{};  ///< null: nobody is told what happens on the network
};

}  // namespace sluice::engine
