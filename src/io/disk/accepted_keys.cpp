#include "io/disk/accepted_keys.hpp"

#include <algorithm>

namespace sluice::io {
namespace {

constexpr unsigned tag_bits = 32;

std::uint64_t nanoseconds_of(const packed_file& f) noexcept { return f.rest >> (tag_bits + 1); }
bool is_of_this_run(const packed_file& f) noexcept { return (f.rest & 1u) != 0; }

}  // namespace

void accepted_keys::note(const core::record_view& r) {
  // A file that was to be taken away may be there all the same: we were killed before, or the disk forgot.
  // Only a new confirmation can take it away.
  if (!r.is_kept()) return;
  if (const auto at = place_of(r.file(), false)) {
    shelves_[at->shelf].push(at->file);
    empty_ = false, settled_ = 0;
  }
  if (r.digest && kept_.size() < most_kept) kept_.insert_or_assign(std::string{r.key}, *r.digest);
}

bool accepted_keys::settle() {
  if (settled_ == shelves_.size()) return false;
  shelves_[settled_++].settle();
  return settled_ < shelves_.size();
}

bool accepted_keys::contains(const core::logged_file& f) const noexcept {
  const auto logged = place_of(f, false), added = place_of(f, true);
  if (!logged || !added) return false;
  const auto& shelf = shelves_[logged->shelf];
  return shelf.has(logged->file) || shelf.has(added->file);
}

std::size_t accepted_keys::alike(const core::logged_file& f) const noexcept {
  const auto at = place_of(f, false);
  if (!at) return 0;
  const auto wanted = nanoseconds_of(at->file);
  const auto counts = [&](const packed_file& other) {
    return !is_of_this_run(other) && (nanoseconds_of(other) == wanted || wanted == 0);
  };
  const auto& shelf = shelves_[at->shelf];
  return static_cast<std::size_t>(std::ranges::count_if(shelf.alike(at->file.file), counts) +
                                  std::ranges::count_if(shelf.alike_waiting(at->file.file), counts));
}

std::optional<std::uint64_t> accepted_keys::digest_of_kept(const core::logged_file& f) const {
  const auto at = kept_.find(f.key);
  return at == kept_.end() ? std::nullopt : std::optional{at->second};
}

void accepted_keys::add(const core::logged_file& f) {
  const auto at = place_of(f, true);
  if (!at) return;
  empty_ = false;
  shelves_[at->shelf].insert(at->file);
}

std::size_t accepted_keys::size() const noexcept {
  std::size_t n = 0;
  for (const auto& shelf : shelves_) n += shelf.size();
  return n;
}

std::optional<accepted_keys::place> accepted_keys::place_of(const core::logged_file& f,
                                                            bool of_this_run) const noexcept {
  std::uint64_t tag = 0;
  std::size_t digits = 0;
  for (const char c : f.key) {
    if (c == '-') continue;
    const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (v < 0 || digits == 32) return std::nullopt;
    if (digits++ < tag_bits / 4) tag = tag << 4 | static_cast<std::uint64_t>(v);
  }
  if (digits != 32) return std::nullopt;
  constexpr std::int64_t second = 1'000'000'000;
  const auto part = static_cast<std::uint64_t>((f.mtime_ns % second + second) % second);  // has 30 bits
  const auto seconds = f.mtime_ns / second - (f.mtime_ns % second < 0 ? 1 : 0);
  const auto hash = core::sip_hash(secret_, {f.size, static_cast<std::uint64_t>(seconds)}, f.path);
  place at;
  at.shelf = hash.high % shelves_.size();
  at.file = {hash.low, part << (tag_bits + 1) | tag << 1 | (of_this_run ? 1u : 0u)};
  return at;
}

}  // namespace sluice::io
