// Connections as the engine asks for them.
#pragma once

#include "core/http/credentials.hpp"
#include "io/asio.hpp"
#include "io/body.hpp"
#include "io/net/exchange.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace sluice::io {

struct tls_client;

/// One kept-alive connection: one exchange at a time.
class exchanger {
 public:
  virtual ~exchanger() = default;
  /// Connects if need be, sends, reads the reply. Never throws; deadlines and abort() end it with an error in
  /// the outcome.
  virtual awaitable<exchange_report> exchange(const request& r, body& b) = 0;
  /// Ends an exchange under way with `why` and retires the connection.
  virtual void abort(error_code why) noexcept = 0;
};

/// Makes the connections of one uploader.
class network {
 public:
  virtual ~network() = default;
  virtual std::unique_ptr<exchanger> make_connection() = 0;
  /// Bytes a second, of all connections together; 0: no limit.
  virtual void set_limit_rate(std::uint64_t bytes_per_second) = 0;
  /// Connections made from now on are of this client; older ones are used no more.
  virtual void set_tls(std::shared_ptr<const tls_client> client) = 0;
  /// Connections made from now on give the proxy these; older ones go on. Nothing happens without a proxy.
  virtual void set_proxy_login(std::optional<core::credentials> login) = 0;
};

}  // namespace sluice::io
