// A body that the caller reads for us.
#pragma once

#include "core/time.hpp"
#include "io/body.hpp"

#include <sluice/body_source.hpp>

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

namespace sluice::engine {

/// Reads one piece ahead, into a buffer of its own: the caller may take its time, and its answer may come
/// when the upload is gone.
class caller_body final : public io::body {
 public:
  /// A read that takes longer than `patience` fails with errc::stalled.
  caller_body(const asio::any_io_executor& executor, std::shared_ptr<body_source> from,
              core::milliseconds patience);

  /// An attempt begins: errors of the last one are forgotten.
  void begin();
  /// No other attempt can be made.
  bool spent() const noexcept;
  /// A coroutine that waits looks again, now.
  void wake();

  std::uint64_t size() const noexcept override { return size_; }
  bool rewinds() const noexcept override { return !spent(); }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  awaitable<void> wait_ready(std::uint64_t offset) override;

 private:
  struct state {
    explicit state(const asio::any_io_executor& ex) : news{ex} {}
    asio::steady_timer news;
    std::vector<char> buffer;
    std::uint64_t begins = 0;  ///< offset of the buffer's first byte
    std::size_t filled = 0;
    std::uint64_t read_to = 0;  ///< the end of all that was read, in any attempt
    bool valid = false;         ///< `filled` bytes, or the end, or `error`, are what a read brought
    bool reading = false;
    error_code error;
  };
  bool has(std::uint64_t offset) const noexcept;
  void read(std::uint64_t offset);

  std::shared_ptr<body_source> from_;
  std::shared_ptr<state> state_;
  std::uint64_t size_;
  core::milliseconds patience_;
  core::steady_time asked_at_{};
};

}  // namespace sluice::engine
