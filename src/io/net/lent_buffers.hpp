// Buffers for bytes on their way into the kernel.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <cstddef>
#include <vector>

namespace sluice::io {

/// Plain bytes that are encrypted and sent at once. Small files fit whole; of large ones the receiver can
/// begin with one batch while the next is encrypted (docs/performance.md has the figures).
inline constexpr std::size_t batch_size = 64 * 1024;

/// Lent to a connection from its first pending byte to its last: one that waits for a reply holds none, so
/// memory follows the bytes under way, not the window.
class lent_buffers {
 public:
  using buffer = boost::beast::flat_buffer;

  /// Room for `batch` plain bytes as TLS records.
  explicit lent_buffers(std::size_t batch = batch_size) : room_{batch + (batch / record + 2) * overhead} {
    idle_.reserve(kept);
  }

  /// Gives `b` room, if it has none.
  void lend(buffer& b) {
    if (b.capacity() > 0) return;
    if (!idle_.empty()) {
      b = std::move(idle_.back());
      idle_.pop_back();
    } else {
      b.reserve(room_);
    }
  }
  /// Takes back an empty buffer. One that has grown beyond a batch is freed.
  void give_back(buffer& b) noexcept {
    buffer taken{std::move(b)};
    if (taken.capacity() < room_ || taken.capacity() > 2 * room_ || idle_.size() == kept) return;
    idle_.push_back(std::move(taken));
  }
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  static constexpr std::size_t record = 16 * 1024,
                               overhead = 64;  ///< header, type, tag, and an IV in TLS 1.2
  static constexpr std::size_t kept = 8;
  std::size_t room_;
  std::vector<buffer> idle_;
};

}  // namespace sluice::io
