// A fingerprint of a file's bytes as they go by, to tell later whether they still are the same.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace sluice::core {

/// XXH3 with 64 bits: it finds every change that was not made to fit it. It is no proof against forgery.
class content_digest {
 public:
  /// `whole`: how many bytes will come. When all of them come in one piece, no state is made.
  explicit content_digest(std::uint64_t whole) noexcept;
  ~content_digest();
  content_digest(content_digest&&) noexcept;
  content_digest& operator=(content_digest&&) noexcept;

  /// Begins anew.
  void clear() noexcept;
  /// Throws std::bad_alloc, only where the first of several pieces comes; nothing was added then.
  void add(std::span<const char> bytes);
  /// How many bytes were added.
  std::uint64_t size() const noexcept { return size_; }
  /// The digest of all bytes that were added, however they were cut into pieces.
  std::uint64_t value() const noexcept;

 private:
  struct state;
  std::uint64_t whole_;
  std::uint64_t size_ = 0;
  std::uint64_t one_piece_;
  std::unique_ptr<state> state_;
};

}  // namespace sluice::core
