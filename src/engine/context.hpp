// Shared by all rooms of one engine: its settings and its world.
#pragma once

#include "core/pacing/endpoint_monitor.hpp"
#include "core/time.hpp"
#include "engine/settings.hpp"
#include "engine/world.hpp"

#include <sluice/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace sluice::engine {

struct context {
  engine::settings settings;
  engine::world world;
  core::rng random;
  std::weak_ptr<void> whole{};  ///< the engine
  /// The credentials that requests carry.
  struct {
    std::uint64_t turn = 0;  ///< so many times they were changed
    bool renewing = false;   ///< fresh ones are being fetched
  } secrets{};

  core::steady_time now() const { return world.clock->now(); }
  core::wall_time wall() const { return world.clock->wall(); }
  /// Keeps the engine alive: for coroutines of its rooms.
  std::shared_ptr<void> keep_alive() const { return whole.lock(); }

  /// The condition as the API has it, by the clock on the wall.
  endpoint_status status_of(core::endpoint_monitor::condition c) const {
    const auto ago = std::chrono::duration_cast<core::wall_time::duration>(now() - c.since);
    return {c.state, wall() - ago, std::move(c.why)};
  }

  void tell(notice::kind what, std::string text) const try {
    if (settings.raw.on_notice) settings.raw.on_notice({what, std::move(text)});
  } catch (const std::bad_alloc&) {  // a notice lost is no file lost
  }
};

}  // namespace sluice::engine
