// The headers to send, from where they are kept: the command line, files, a command.
#pragma once

#include "plan.hpp"
#include "token_command.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// What cannot be read again stays as it was.
class secrets {
 public:
  struct fresh {
    std::vector<header> headers;        ///< all of them
    std::vector<std::string> problems;  ///< one line each, without a value
  };
  using handler = std::function<void(fresh)>;

  secrets(const boost::asio::any_io_executor& executor, const watch_plan& plan);

  /// Can they be others the next time?
  bool renewable() const;
  bool has_command() const noexcept { return command_.has_value(); }
  /// Only the command is asked: the files have just been read.
  void ask_command(handler done);
  /// Everything is read again. Not while it is under way.
  void renew(handler done);

 private:
  void read_files(std::vector<std::string>& problems);
  void take(token_command::answer a, std::vector<std::string>& problems);

  const std::vector<std::string> texts_;
  const std::string where_, idempotency_header_;
  std::optional<token_command> command_;
  std::vector<header> from_files_, from_command_;  ///< as they were last read in good order
};

}  // namespace sluice::cli
