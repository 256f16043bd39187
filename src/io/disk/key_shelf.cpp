#include "io/disk/key_shelf.hpp"

#include <algorithm>
#include <new>
#include <vector>

namespace sluice::io {
namespace {

std::span<const packed_file> equal_hashes(std::span<const packed_file> in, std::uint64_t file) noexcept {
  const auto same = std::ranges::equal_range(in, file, {}, &packed_file::file);
  return {same.begin(), same.end()};
}

}  // namespace

/// Sorting in 4,096 of them takes a fraction of a millisecond.
std::size_t key_shelf::most_waiting() const noexcept {
  return std::clamp<std::size_t>(sorted_ / 16, 16, 4096);
}

/// A large block grows by remapping its pages, so that there never are two of them.
void key_shelf::make_room() {
  if (used_ < room_) return;
  const auto room = sorted_ + most_waiting();
  auto* const more = static_cast<packed_file*>(std::realloc(files_.get(), room * sizeof(packed_file)));
  if (more == nullptr) throw std::bad_alloc{};
  static_cast<void>(files_.release());
  files_.reset(more);
  room_ = room;
}

void key_shelf::push(const packed_file& f) {
  if (waiting().size() >= most_waiting()) settle();
  make_room();
  files_[used_++] = f;
}

void key_shelf::settle() {
  if (waiting().empty()) return;
  std::vector<packed_file> fresh{waiting().begin(), waiting().end()};
  std::ranges::sort(fresh);
  const auto repeated = std::ranges::unique(fresh);
  fresh.erase(repeated.begin(), repeated.end());
  const auto* old = files_.get();
  const auto* const end = old + sorted_;
  std::erase_if(fresh, [&](const packed_file& f) {  // asked in order
    while (old != end && *old < f) ++old;
    return old != end && *old == f;
  });
  auto from = sorted_, left = fresh.size();
  used_ = sorted_ + left;
  for (auto to = used_; left > 0;) {
    const bool takes_old = from > 0 && files_[from - 1] > fresh[left - 1];
    files_[--to] = takes_old ? files_[--from] : fresh[--left];
  }
  sorted_ = used_;
}

void key_shelf::insert(const packed_file& f) {
  if (has(f)) return;
  if (waiting().size() >= most_waiting()) settle();
  make_room();
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(waiting(), f) - waiting().begin());
  std::move_backward(&files_[sorted_ + at], &files_[used_], &files_[used_ + 1]);
  files_[sorted_ + at] = f, ++used_;
}

bool key_shelf::has(const packed_file& f) const noexcept {
  return std::ranges::binary_search(sorted(), f) || std::ranges::binary_search(waiting(), f);
}

std::span<const packed_file> key_shelf::alike(std::uint64_t file) const noexcept {
  return equal_hashes(sorted(), file);
}

std::span<const packed_file> key_shelf::alike_waiting(std::uint64_t file) const noexcept {
  return equal_hashes(waiting(), file);
}

}  // namespace sluice::io
