// Bytes that have come on a connection and are not yet consumed.
#pragma once

#include "sink/channel.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sink {

class input_buffer {
 public:
  /// The channel and `total` must outlive the buffer; `total` counts all bytes that come.
  input_buffer(channel& from, std::uint64_t& total);

  bool empty() const noexcept { return begin_ == end_; }
  /// The view is valid until fill().
  std::string_view unread() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  /// Reads at least one byte more. A `rate` of bytes a second slows it down; 0 is full speed. False: no more
  /// come.
  task<bool> fill(std::uint64_t rate);

 private:
  static constexpr std::size_t size = 64 * 1024;

  channel& channel_;
  std::uint64_t& total_;
  std::unique_ptr<char[]> memory_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace sink
