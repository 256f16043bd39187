#include "core/files/content_digest.hpp"

#define XXH_INLINE_ALL  // one translation unit: nothing to link, and nothing of it is visible outside
#include <xxhash.h>

namespace sluice::core {

struct content_digest::state {
  XXH3_state_t xxh;
};

content_digest::content_digest(std::uint64_t whole) noexcept
    : whole_{whole}, one_piece_{XXH3_64bits(nullptr, 0)} {}
content_digest::~content_digest() = default;
content_digest::content_digest(content_digest&&) noexcept = default;
content_digest& content_digest::operator=(content_digest&&) noexcept = default;

void content_digest::clear() noexcept {
  state_.reset();
  size_ = 0;
  one_piece_ = XXH3_64bits(nullptr, 0);
}

void content_digest::add(std::span<const char> bytes) {
  if (size_ == 0 && bytes.size() == whole_) {
    one_piece_ = XXH3_64bits(bytes.data(), bytes.size());
  } else {
    if (!state_) {
      state_ = std::make_unique<state>();
      XXH3_64bits_reset(&state_->xxh);
    }
    XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size());
  }
  size_ += bytes.size();
}

std::uint64_t content_digest::value() const noexcept {
  return state_ ? XXH3_64bits_digest(&state_->xxh) : one_piece_;
}

}  // namespace sluice::core
