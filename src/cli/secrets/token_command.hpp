// A command of the user's that says what headers to send.
#pragma once

#include "children.hpp"

#include <sluice/config.hpp>

#include <sys/types.h>

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// Runs `/bin/sh -c COMMAND` on the loop, one at a time: no thread, and nothing waits for it. The child is a
/// process group of its own, gets /dev/null as standard input and our standard error, none of our
/// descriptors, and of our environment neither secrets (SLUICE_*) nor the service manager's sockets.
class token_command {
 public:
  static constexpr std::size_t most_output = 64 * 1024;
  static constexpr std::chrono::milliseconds deadline{30'000};

  struct answer {
    std::vector<header> headers;
    std::optional<std::chrono::seconds> lifetime;  ///< the token's, where the command tells it
    std::string problem;  ///< one line without any of the output; empty when `headers` are all
  };
  using handler = std::function<void(answer)>;

  token_command(boost::asio::any_io_executor executor, std::string command,
                std::chrono::milliseconds patience = deadline);
  ~token_command();  ///< kills what still runs; the handler is not called
  token_command(const token_command&) = delete;

  /// `done` is called once, never from within. Not while it runs.
  void run(handler done);
  bool running() const noexcept { return static_cast<bool>(done_); }

 private:
  int spawn(int output);
  void read();
  bool read_some();
  void child_ended(int status);
  void kill_group() noexcept;
  void give_up(std::string why);
  void finish(std::string problem);

  std::string command_;
  std::chrono::milliseconds patience_;
  boost::asio::posix::stream_descriptor pipe_;
  boost::asio::steady_timer timer_;
  handler done_;
  children children_;
  pid_t child_ = -1;
  std::array<char, 4096> buffer_{};
  std::string output_;
  std::string gave_up_;
};

}  // namespace sluice::cli
