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
          endpoint_{s.url,       s.tls,          io::resolver{executor, s.url.host}, io::watchdog{executor},
                    s.addresses, s.raw.connector},
          context_{endpoint_, s.raw.timeout} {
      set_limit_rate(s.raw.limit.bytes_per_second);
    }
    network(const network&) = delete;
    /// Bytes a second; 0: no limit.
    void set_limit_rate(std::uint64_t rate) {
      context_.bytes_per_second.set(static_cast<double>(rate), clock::now());
      // A fortieth of a second's bytes at a time: no bursts, no stalls.
      context_.batch =
          rate == 0 ? io::batch_size : std::clamp<std::uint64_t>(rate / 40, 1024, io::batch_size);
    }
    void set_tls(std::shared_ptr<const io::tls_client> client) { endpoint_.renew(std::move(client)); }
    std::unique_ptr<connection> connect() { return std::make_unique<connection>(executor_, context_); }

   private:
    asio::any_io_executor executor_;
    io::endpoint endpoint_;
    io::pool_context context_;
  };
};

}  // namespace sluice::engine
