// The secrets to send, from where they are kept: the command line, files, a command.
#pragma once

#include "children.hpp"
#include "secret_sources.hpp"
#include "token_command.hpp"

#include <sluice/config.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// A secret that cannot be read again stays as it was.
class secrets {
 public:
  struct fresh {
    std::vector<header> headers;                     ///< all of them
    credentials who;                                 ///< all of them
    std::vector<std::string> problems;               ///< one line each, without a value
    bool asked = false, gave = false;                ///< the command was asked; its headers are among these
    std::optional<std::chrono::seconds> lifetime{};  ///< the life of what the command gave, where it told
  };
  using handler = std::function<void(fresh)>;

  /// `start` has what was read at the start.
  secrets(const boost::asio::any_io_executor& executor, const secret_sources& from, const config& start);

  /// Can they be others the next time?
  bool renewable() const;
  bool has_command() const noexcept { return command_.has_value(); }
  /// Only the command is asked: the files have just been read, or still hold.
  void ask_command(handler done);
  /// Reads all secrets again. Not while it is under way.
  void renew(handler done);

 private:
  /// Secrets as they were last read in good order.
  struct known {
    std::vector<header> headers;
    credentials who;
  };
  std::string problem_of(const known& all) const;
  void read_files(std::vector<std::string>& problems);
  void read_headers_again(std::vector<std::string>& problems);
  void read_again(const secret_option& given, std::string credentials::* which,
                  std::vector<std::string>& problems);
  void take(token_command::answer a, fresh& f);

  const secret_sources from_;
  const std::string idempotency_header_;
  const bool by_socks_;
  std::optional<token_command> command_;
  std::optional<children> orphans_;  ///< where there is no command, which has its own
  known from_files_;
  std::vector<header> from_command_;
};

}  // namespace sluice::cli
