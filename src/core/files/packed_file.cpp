#include "core/files/packed_file.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

constexpr unsigned is_listed = 1, other_root = 2, has_identity = 4, other_device = 8, changed_later = 16;

void pack_number(std::string& bytes, std::uint64_t n) {
  for (; n >= 0x80; n >>= 7) bytes += static_cast<char>(n | 0x80);
  bytes += static_cast<char>(n);
}

std::uint64_t unpack_number(std::string_view bytes, std::size_t& at) {
  std::uint64_t n = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto b = static_cast<unsigned char>(bytes[at++]);
    n |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (b < 0x80) return n;
  }
}

/// A small difference is a small number, up or down; the sum wraps as unsigned numbers do.
void pack_difference(std::string& bytes, std::uint64_t from, std::uint64_t to) {
  const auto d = to - from;
  pack_number(bytes, d >> 63 != 0 ? ~(d << 1) : d << 1);
}

std::uint64_t unpack_difference(std::string_view bytes, std::size_t& at, std::uint64_t from) {
  const auto n = unpack_number(bytes, at);
  return from + ((n & 1) != 0 ? ~(n >> 1) : n >> 1);
}

std::uint64_t bits(std::int64_t n) noexcept { return static_cast<std::uint64_t>(n); }

}  // namespace

void pack_file(std::string& bytes, const listed_file& before, const listed_file& f) {
  const auto shared =
      static_cast<std::size_t>(std::ranges::mismatch(before.path, f.path).in2 - f.path.begin());
  const auto from = before.identity.value_or(file_identity{});
  unsigned marks = (f.listed ? is_listed : 0u) | (f.root != before.root ? other_root : 0u);
  if (f.identity)
    marks |= has_identity | (f.identity->device != from.device ? other_device : 0u) |
             (f.identity->ctime_ns != f.identity->mtime_ns ? changed_later : 0u);
  bytes += static_cast<char>(marks);
  pack_number(bytes, shared);
  pack_number(bytes, f.path.size() - shared);
  bytes.append(f.path, shared);
  if ((marks & other_root) != 0) pack_number(bytes, f.root);
  if (!f.identity) return;
  const auto& to = *f.identity;
  if ((marks & other_device) != 0) pack_number(bytes, to.device);
  pack_difference(bytes, from.inode, to.inode);
  pack_difference(bytes, from.size, to.size);
  pack_difference(bytes, bits(from.mtime_ns), bits(to.mtime_ns));
  if ((marks & changed_later) != 0) pack_difference(bytes, bits(to.mtime_ns), bits(to.ctime_ns));
}

std::size_t unpack_file(std::string_view bytes, std::size_t at, listed_file& f) {
  const auto marks = static_cast<unsigned char>(bytes[at++]);
  f.path.resize(unpack_number(bytes, at));
  const auto more = unpack_number(bytes, at);
  f.path.append(bytes.substr(at, more));
  at += more;
  f.listed = (marks & is_listed) != 0;
  if ((marks & other_root) != 0) f.root = static_cast<std::uint32_t>(unpack_number(bytes, at));
  if ((marks & has_identity) == 0) {
    f.identity.reset();
    return at;
  }
  auto to = f.identity.value_or(file_identity{});
  if ((marks & other_device) != 0) to.device = unpack_number(bytes, at);
  to.inode = unpack_difference(bytes, at, to.inode);
  to.size = unpack_difference(bytes, at, to.size);
  to.mtime_ns = static_cast<std::int64_t>(unpack_difference(bytes, at, bits(to.mtime_ns)));
  to.ctime_ns = (marks & changed_later) == 0
                    ? to.mtime_ns
                    : static_cast<std::int64_t>(unpack_difference(bytes, at, bits(to.mtime_ns)));
  f.identity = to;
  return at;
}

}  // namespace sluice::core
