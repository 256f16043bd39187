#include "sink/input_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace sink {

input_buffer::input_buffer(channel& from, std::uint64_t& total)
    : channel_{from}, total_{total}, memory_{std::make_unique_for_overwrite<char[]>(size)} {}

task<bool> input_buffer::fill(std::uint64_t rate) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == size) {
    std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  std::size_t room = size - end_;
  if (rate > 0) {
    const auto tenth = std::max<std::uint64_t>(1, rate / 10);
    if (!co_await channel_.sleep(milliseconds{std::max<std::uint64_t>(1, 1000 * tenth / rate)}))
      co_return false;
    room = std::min<std::size_t>(room, tenth);
  }
  const auto n = co_await channel_.read_some(memory_.get() + end_, room);
  end_ += n;
  total_ += n;
  co_return n > 0;
}

}  // namespace sink
