// An opened source file: its descriptor and identity are held until after its disposal.
#pragma once

#include "core/files/content_digest.hpp"
#include "core/files/file_identity.hpp"
#include "core/pacing/cold_reads.hpp"
#include "io/asio.hpp"
#include "io/disk/directory.hpp"
#include "io/disk/unique_fd.hpp"
#include "io/world/opened_file.hpp"

#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sluice::io {

class source_file final : public opened_file {
 public:
  /// Opens `name` in `parent` (O_NOFOLLOW, O_NONBLOCK: a fifo or device is refused, never waited for).
  /// Errors: file_vanished, not_a_regular_file, with `to_take_away` a core::obstacle, with it or
  /// `only_unwritten` being_written (where the kernel tells: see writers_known()), or the operating system's.
  /// `cold`: what is known of reads that wait, also from other files.
  static error_code open(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                         std::string name, bool to_take_away, std::optional<source_file>& file,
                         bool only_unwritten = false,
                         std::shared_ptr<core::cold_reads> cold = std::make_shared<core::cold_reads>());

  source_file(source_file&&) = default;
  source_file& operator=(source_file&&) = default;

  /// The identity as the file was opened, or as rebase() said since.
  const core::file_identity& identity() const noexcept override { return identity_; }
  /// True when nobody had the file open for writing when it was opened. False: the system does not say.
  bool writers_known() const noexcept override { return writers_known_; }
  /// Why it does not, for people.
  std::string why_unknown() const override;
  /// Other names lead to it.
  bool has_other_names() const noexcept { return links_ > 1; }
  const std::string& name() const noexcept override { return name_; }
  const directory& parent() const noexcept { return *parent_; }

  /// A second fstat of the same descriptor; nothing: it failed.
  std::optional<core::file_identity> identity_now() const noexcept override;
  /// The change time has moved since without a change of the bytes: identity() is `now`.
  void rebase(const core::file_identity& now) noexcept override { identity_ = now; }
  /// True when somebody has the file open for writing now. False where the system does not say.
  bool has_writer() const noexcept override;

  /// The digest of the bytes that were read, from the first one on.
  std::uint64_t sent_digest() const noexcept override { return sent_.value(); }
  /// The same of all its bytes, read anew; nothing: they cannot be read. Gives way to others, and never waits
  /// for the disk with the loop in hand.
  awaitable<std::optional<std::uint64_t>> read_digest() override;
  /// The identity that the name leads to now, links not followed; where it is gone, no file's identity. The
  /// result is empty when that cannot be told.
  std::optional<core::file_identity> entry_now() const noexcept override;
  std::optional<core::file_identity> folder_now() const noexcept override;

  /// True when the file has become immutable or append-only; empty when its file system does not say.
  std::optional<bool> holds_itself() const noexcept;

  std::uint64_t size() const noexcept override { return identity_.size; }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  awaitable<void> wait_ready(std::uint64_t offset) override;

 private:
  source_file(asio::any_io_executor executor, std::shared_ptr<const directory> parent, std::string name,
              unique_fd fd, const struct stat& st, std::shared_ptr<core::cold_reads> cold);
  void ask_ahead(std::uint64_t from);
  piece read(std::uint64_t offset, std::span<char> into);
  piece read_waiting(std::uint64_t offset, std::span<char> into);
  bool gives_up();

  asio::any_io_executor executor_;
  std::shared_ptr<const directory> parent_;
  std::string name_;
  unique_fd fd_;
  core::file_identity identity_;
  core::content_digest sent_;  ///< digest of the bytes that were read, from the first one on
  nlink_t links_ = 1;
  bool writers_known_ = false;
  std::uint64_t asked_to_;  ///< the disk was asked for the bytes before this
  std::shared_ptr<core::cold_reads> cold_;
  struct {
    bool unasked = false;  ///< the disk was not asked for its bytes, and none was read yet
    int waits = 0;         ///< number in a row
    std::optional<std::chrono::steady_clock::time_point> since{};  ///< empty: nothing is missing
    bool noted = false;    ///< the time of its first read that waited is known to others
    bool gave_up = false;  ///< so long that the rest of the file is not waited for with patience
  } missing_;
  bool may_block_ = false;  ///< the file system cannot tell what is missing
};

}  // namespace sluice::io
