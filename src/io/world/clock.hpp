// Time and chance as the engine asks for them.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sluice::io {

/// One wait at a time.
class timer {
 public:
  virtual ~timer() = default;
  /// A wait under way ends with operation_aborted.
  virtual void expires_at(core::steady_time t) = 0;
  virtual void cancel() = 0;

  /// Completes with `void(error_code)`: none when the time has come.
  template <class Token>
  auto async_wait(Token&& token) {
    return asio::async_initiate<Token, void(error_code)>(
        [this](auto handler) { begin_wait(completion{std::move(handler)}); }, token);
  }

 protected:
  using completion = asio::any_completion_handler<void(error_code)>;
  virtual void begin_wait(completion done) = 0;
};

class clock {
 public:
  virtual ~clock() = default;
  virtual core::steady_time now() const = 0;
  virtual core::wall_time wall() const = 0;
  /// The processor time that this thread has used so far; zero where the system does not say.
  virtual core::steady_time::duration processor_time() const = 0;
  virtual std::unique_ptr<timer> make_timer() = 0;
};

/// Unpredictable: boundaries, seeds, keys.
class entropy {
 public:
  virtual ~entropy() = default;
  virtual std::array<std::byte, 16> block() = 0;
  virtual std::uint64_t number() = 0;
};

}  // namespace sluice::io
