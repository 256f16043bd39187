// The real world for the pool: sockets, the steady clock, the file system.
#pragma once

#include "engine/settings.hpp"
#include "io/connection.hpp"
#include "io/file_system.hpp"
#include "io/os_random.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

namespace sluice::engine {

struct live {
  using clock = std::chrono::steady_clock;
  using wall_clock = std::chrono::system_clock;
  using timer = asio::steady_timer;
  using entropy = io::os_random;
  using connection = io::connection;
  using files = io::file_system;

  /// What all connections of an uploader share.
  class network {
   public:
    network(asio::any_io_executor executor, const settings& s)
        : executor_{executor},
          endpoint_{s.url, s.tls, io::resolver{executor, s.url.host}, io::watchdog{executor}},
          context_{endpoint_, s.raw.timeout,
                   core::rate_limit{static_cast<double>(s.raw.limit.bytes_per_second)}} {
      // With a byte rate, quarter seconds of it at a time: no bursts, no stalls.
      if (const auto rate = s.raw.limit.bytes_per_second; rate != 0)
        context_.scratch.resize(std::clamp<std::uint64_t>(rate / 4, 1024, context_.scratch.size()));
    }
    network(const network&) = delete;
    std::unique_ptr<connection> connect() { return std::make_unique<connection>(executor_, context_); }

   private:
    asio::any_io_executor executor_;
    io::endpoint endpoint_;
    io::pool_context context_;
  };
};

}  // namespace sluice::engine
