#include "io/disk/log_lines.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::io {
namespace {

constexpr std::size_t piece = 128 * 1024;
constexpr std::size_t longest_line = 1024 * 1024;  ///< path, reply and reason of a record are shorter

}  // namespace

log_lines::log_lines(std::unique_ptr<log_bytes> from) : from_{std::move(from)}, buffer_(piece) {}

bool log_lines::step(const taker& take, error_code& ec) {
  if (used_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const auto room = std::min(piece, buffer_.size() - used_);  // one long line makes no later piece larger
  const auto n = from_->read(std::span{buffer_}.subspan(used_, room), ec);
  if (ec) return false;
  used_ += n, at_ += n;
  if (n == 0) {
    end(take);
    return false;
  }
  cut(take);
  return true;
}

void log_lines::cut(const taker& take) {
  const char* from = buffer_.data();
  const char* const last = from + used_;
  while (const auto* const end =
             static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(last - from)))) {
    if (!too_long_) take({from, static_cast<std::size_t>(end - from)}, true);
    too_long_ = false;
    from = end + 1;
  }
  used_ = static_cast<std::size_t>(last - from);
  if (from != buffer_.data()) std::memmove(buffer_.data(), from, used_);
  if (used_ >= longest_line && !too_long_) {
    take({buffer_.data(), used_}, false);
    too_long_ = true;
  }
  if (too_long_) used_ = 0;
}

/// The last line may lack its end.
void log_lines::end(const taker& take) {
  if (used_ > 0) take({buffer_.data(), used_}, true);
  used_ = 0;
}

}  // namespace sluice::io
