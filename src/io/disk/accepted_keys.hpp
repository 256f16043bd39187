// The job log, read back to resume.
#pragma once

#include "core/report/record_scanner.hpp"
#include "core/sip_hash.hpp"
#include "io/disk/key_shelf.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sluice::io {

/// Files that were accepted and are still there, by the job log or by this run: 17 bytes each at most,
/// however often the log has them.
///
/// A file is known by path, size and modification time, so that a tree that was copied or restored is known
/// too, also by a program that keeps whole seconds only. Its key has the inode besides, and tells apart those
/// that share all three: files of several roots, or one that took another's name.
class accepted_keys {
 public:
  /// `secret`: of this process, so that nobody can make names that are taken for others.
  explicit accepted_keys(const core::sip_key& secret) noexcept : secret_{secret} {}

  /// Notes a record of the log, if the server has its file. Nothing is known of it before settle() has done
  /// all.
  void note(const core::record_view& r);
  /// Puts a part of what was noted in order. True while there is more to be done.
  bool settle();

  /// Adds a file of this run: only this very file is known by it.
  void add(const core::logged_file& f);
  /// True for this very file, by its key.
  bool contains(const core::logged_file& f) const noexcept;
  /// The digest of the bytes that were sent, for a file that was to be removed and stayed.
  std::optional<std::uint64_t> digest_of_kept(const core::logged_file& f) const;
  /// How many files with this path, size and time the log has.
  std::size_t alike(const core::logged_file& f) const noexcept;
  std::size_t size() const noexcept;
  bool empty() const noexcept { return empty_; }

 private:
  /// A file, and the shelf that it stands on.
  struct place {
    std::size_t shelf = 0;
    packed_file file;
  };
  std::optional<place> place_of(const core::logged_file& f, bool of_this_run) const noexcept;

  core::sip_key secret_;

  /// Eight more bits of the hash choose the shelf.
  std::array<key_shelf, 256> shelves_;
  std::size_t settled_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> kept_;  ///< digests by key, at most `most_kept`
  static constexpr std::size_t most_kept = 65'536;
  bool empty_ = true;
};

}  // namespace sluice::io
