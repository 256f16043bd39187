#include "engine/attempt/caller_body.hpp"

#include "io/net/lent_buffers.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <cstring>

namespace sluice::engine {
namespace {

using std::chrono::steady_clock;

/// A deadline may end the attempt meanwhile: then somebody must look.
constexpr std::chrono::milliseconds look{50};

}  // namespace

caller_body::caller_body(const asio::any_io_executor& executor, std::shared_ptr<body_source> from,
                         core::milliseconds patience)
    : from_{std::move(from)},
      state_{std::make_shared<state>(executor)},
      size_{from_->size()},
      patience_{patience} {}

void caller_body::begin() {
  auto& s = *state_;
  s.error = {};
  asked_at_ = steady_clock::now();  // an answer to the last attempt may be still to come
  if (!s.reading && (s.begins != 0 || s.filled == 0)) s.valid = false;
}

bool caller_body::spent() const noexcept {
  return !from_->rewindable() && state_->read_to > 0 && !(state_->valid && state_->begins == 0);
}

void caller_body::wake() { state_->news.cancel(); }

bool caller_body::has(std::uint64_t offset) const noexcept {
  const auto& s = *state_;
  if (!s.valid || s.reading || offset < s.begins) return false;
  return s.error || offset < s.begins + s.filled || (s.filled == 0 && offset == s.begins);
}

io::body::piece caller_body::read_ready(std::uint64_t offset, std::span<char> into) {
  if (state_->error) return {state_->error};
  if (!has(offset)) return {asio::error::would_block};
  const auto& s = *state_;
  const auto skip = static_cast<std::size_t>(offset - s.begins);
  const auto n = std::min(into.size(), s.filled - skip);
  std::memcpy(into.data(), s.buffer.data() + skip, n);
  return {{}, n};
}

awaitable<void> caller_body::wait_ready(std::uint64_t offset) {
  auto s = state_;  // this state may be all that is left
  if (!s->reading && !has(offset)) {
    if (!from_->rewindable() && offset < s->read_to) {
      s->error = errc::body_spent;
      co_return;
    }
    read(offset);
    if (!s->reading) co_return;
  }
  s->news.expires_after(look);
  error_code ignored;
  co_await s->news.async_wait(into(ignored));
  if (s->reading && steady_clock::now() - asked_at_ > patience_) s->error = errc::stalled;
}

void caller_body::read(std::uint64_t offset) {
  auto& s = *state_;
  s.buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(io::batch_size, size_ - offset)));
  s.begins = offset, s.filled = 0, s.valid = false, s.reading = true;
  asked_at_ = steady_clock::now();
  from_->read_at(offset, s.buffer, [kept = state_](error_code ec, std::size_t n) {
    if (!std::exchange(kept->reading, false)) return;
    kept->valid = true, kept->filled = std::min(n, kept->buffer.size());
    kept->read_to = std::max(kept->read_to, kept->begins + kept->filled);
    if (ec && n == 0) kept->error = ec;
    kept->news.cancel();
  });
}

}  // namespace sluice::engine
