// A file that is open, as the engine sees it.
#pragma once

#include "core/files/file_identity.hpp"
#include "io/body.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::io {

/// The descriptor is held until after the disposal, so that its inode is given to no other file.
class opened_file : public body {
 public:
  /// The identity when the file was opened, or as rebase() said since.
  virtual const core::file_identity& identity() const noexcept = 0;
  /// A second fstat of the same descriptor; nothing: it failed.
  virtual std::optional<core::file_identity> identity_now() const noexcept = 0;
  /// Declares that only the change time moved, not the bytes: identity() is `now`.
  virtual void rebase(const core::file_identity& now) noexcept = 0;
  /// The file that the name leads to now, links not followed; where the name is gone, no file's identity.
  /// Nothing: that cannot be told.
  virtual std::optional<core::file_identity> entry_now() const noexcept = 0;

  /// The folder that it was opened in, as that is now; nothing: that cannot be told.
  virtual std::optional<core::file_identity> folder_now() const noexcept { return std::nullopt; }

  /// Whether the system says that nobody had it open for writing when it was opened.
  virtual bool writers_known() const noexcept = 0;
  /// Why the system does not say, for people.
  virtual std::string why_unknown() const = 0;
  /// Whether somebody has it open for writing now; false where the system does not say.
  virtual bool has_writer() const noexcept = 0;

  /// The digest of the bytes that were read, from the first one on.
  virtual std::uint64_t sent_digest() const noexcept = 0;
  /// The digest of all bytes, read anew; nothing: they cannot be read. The loop is never held for the disk.
  virtual awaitable<std::optional<std::uint64_t>> read_digest() = 0;
  virtual const std::string& name() const noexcept = 0;
};

}  // namespace sluice::io
