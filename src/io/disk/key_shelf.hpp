// Keys in order, in as little memory as they need.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

namespace sluice::io {

/// A file in 16 bytes.
struct packed_file {
  std::uint64_t file = 0;  ///< part of a hash of path, size and the time's whole seconds
  std::uint64_t rest = 0;  ///< nanoseconds, part of the key, and whether this run added it
  friend auto operator<=>(const packed_file&, const packed_file&) = default;
};

/// A sorted set. The newest few wait behind the others and are sorted in together: that costs each of them
/// little, and the memory is never more than a sixteenth larger than what is in it.
class key_shelf {
 public:
  /// Adds one of many, which has() and alike() know after settle() only. One that is there already costs no
  /// memory in the end. Throws std::bad_alloc.
  void push(const packed_file& f);
  /// Sorts in what waits. Throws std::bad_alloc.
  void settle();
  /// Adds one at its place. Nothing that was pushed waits. Throws std::bad_alloc.
  void insert(const packed_file& f);

  bool has(const packed_file& f) const noexcept;
  /// Finds the files of one hash, sorted or waiting.
  std::span<const packed_file> alike(std::uint64_t file) const noexcept;
  std::span<const packed_file> alike_waiting(std::uint64_t file) const noexcept;
  std::size_t size() const noexcept { return used_; }

 private:
  struct release {
    void operator()(void* p) const noexcept { std::free(p); }
  };
  std::size_t most_waiting() const noexcept;
  void make_room();
  std::span<packed_file> sorted() const noexcept { return {files_.get(), sorted_}; }
  std::span<packed_file> waiting() const noexcept { return {files_.get() + sorted_, used_ - sorted_}; }

  std::unique_ptr<packed_file[], release> files_;
  std::size_t sorted_ = 0, used_ = 0, room_ = 0;
};

}  // namespace sluice::io
