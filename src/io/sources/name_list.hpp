// Names from a file or from standard input, one a line or ended by NUL.
#pragma once

#include "core/files/name_splitter.hpp"
#include "io/asio.hpp"
#include "io/disk/unique_fd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sluice::io {

class name_list {
 public:
  /// `cuts`: see core::name_splitter.
  name_list(asio::any_io_executor executor, const std::filesystem::path& file, bool nul, error_code& ec,
            bool cuts = false);

  /// The next name that is not empty, or nothing at the end or with an error (ENAMETOOLONG among them). A
  /// pipe is waited for on the loop.
  awaitable<std::optional<std::string>> next(error_code& ec);
  /// The number of the last name, from 1; empty ones count.
  std::uint64_t number() const noexcept { return names_.number(); }
  void cancel() {
    if (pipe_) pipe_->cancel();
  }

 private:
  awaitable<bool> fill(error_code& ec);

  unique_fd fd_;
  std::optional<asio::posix::stream_descriptor>
      pipe_;  ///< where waiting is possible; owns the descriptor then
  core::name_splitter names_;
  bool ended_ = false;
};

}  // namespace sluice::io
