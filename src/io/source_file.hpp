// An opened source file: its descriptor and identity are held until after its disposal.
#pragma once

#include "core/file_identity.hpp"
#include "io/asio.hpp"
#include "io/body.hpp"
#include "io/directory.hpp"
#include "io/unique_fd.hpp"

#include <optional>
#include <string>

namespace sluice::io {

class source_file final : public body {
 public:
  /// Opens `name` in `parent` (O_NOFOLLOW, O_NONBLOCK: a fifo or device is refused, never waited for).
  /// Errors: file_vanished, not_a_regular_file, with `to_take_away` not_removable, with it or
  /// `only_unwritten` being_written (where the kernel tells), or the operating system's.
  static error_code open(asio::any_io_executor executor, std::shared_ptr<const directory> parent,
                         std::string name, bool to_take_away, std::optional<source_file>& file,
                         bool only_unwritten = false);

  source_file(source_file&&) = default;
  source_file& operator=(source_file&&) = default;

  const core::file_identity& identity() const noexcept { return identity_; }
  const std::string& name() const noexcept { return name_; }
  const directory& parent() const noexcept { return *parent_; }

  /// A second fstat of the same descriptor; nothing: it failed.
  std::optional<core::file_identity> identity_now() const noexcept;
  /// What the name leads to now, links not followed; where it is gone, no file's identity. Nothing: that
  /// cannot be told.
  std::optional<core::file_identity> entry_now() const noexcept;

  std::uint64_t size() const noexcept override { return identity_.size; }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  awaitable<void> wait_ready(std::uint64_t offset) override;

 private:
  source_file(asio::any_io_executor executor, std::shared_ptr<const directory> parent, std::string name,
              unique_fd fd, const core::file_identity& identity);
  void ask_ahead(std::uint64_t from);

  asio::any_io_executor executor_;
  std::shared_ptr<const directory> parent_;
  std::string name_;
  unique_fd fd_;
  core::file_identity identity_;
  std::uint64_t asked_to_;  ///< what is before was asked of the disk
  int waits_ = 0;           ///< in a row, for the same bytes
  bool may_block_ = false;  ///< the file system cannot tell, or took too long
};

}  // namespace sluice::io
