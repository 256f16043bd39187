#include "token_command.hpp"

#include "cli/options/form_option.hpp"
#include "cli/signals.hpp"
#include "token_lifetime.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

bool is_for_the_child(std::string_view variable) {
  for (const auto* ours : {"SLUICE_", "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_"})
    if (variable.starts_with(ours)) return false;
  return true;
}

std::string end_of(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? "" : "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

token_command::token_command(boost::asio::any_io_executor executor, std::string command,
                             std::chrono::milliseconds patience)
    : command_{std::move(command)},
      patience_{patience},
      pipe_{executor},
      timer_{executor},
      children_{executor} {}

token_command::~token_command() {
  if (child_ < 0) return;
  kill_group();
  ::waitpid(child_, nullptr, WNOHANG);  // or our own end makes it somebody else's
}

void token_command::run(handler done) {
  done_ = std::move(done);
  output_.clear(), gave_up_.clear();
  std::array<int, 2> ends{};
  const auto ec = children_.hear_ends();
  if (ec || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    finish(std::string{"cannot be run: "} + (ec ? ec.message() : std::strerror(errno)));
    return;
  }
  const int failed = spawn(ends[1]);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(ends[0]);
    finish(std::string{"cannot be run: "} + std::strerror(failed));
    return;
  }
  pipe_.assign(ends[0]);
  pipe_.non_blocking(true);
  timer_.expires_after(patience_);
  timer_.async_wait([this](boost::system::error_code e) {
    if (!e) give_up("took too long, and was killed");
  });
  children_.await_child(child_, [this](int status) { child_ended(status); });
  read();
}

/// 0, or the errno.
int token_command::spawn(int output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  sigset_t none, all;
  ::sigemptyset(&none), ::sigfillset(&all);
  for (const int n : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
    if (is_ignored(n)) ::sigdelset(&all, n);  // the signal stays ignored as it was for us
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);  // the program ignores SIGPIPE
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::string shell{"sh"}, flag{"-c"}, command{command_};
  std::array<char*, 4> arguments{shell.data(), flag.data(), command.data(), nullptr};
  std::vector<char*> environment;
  for (char** e = environ; *e != nullptr; ++e)
    if (is_for_the_child(*e)) environment.push_back(*e);
  environment.push_back(nullptr);
  const int failed =
      ::posix_spawn(&child_, "/bin/sh", &actions, &attributes, arguments.data(), environment.data());
  if (failed != 0) child_ = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return failed;
}

void token_command::read() {
  pipe_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code ec) {
    if (ec || !done_) return;
    if (read_some()) read();
  });
}

/// True while more may come.
bool token_command::read_some() {
  boost::system::error_code ec;
  const auto n = pipe_.read_some(boost::asio::buffer(buffer_), ec);
  if (ec) return ec == boost::asio::error::would_block;
  if (output_.size() + n > most_output) {
    give_up("said more than 64 KiB, and was killed");
    return false;
  }
  output_.append(buffer_.data(), n);
  return true;
}

void token_command::child_ended(int status) {
  child_ = -1;
  // The pipe has all that the command wrote by now. A process it left behind may hold the other end: that is
  // not awaited.
  for (auto before = output_.size() + 1; gave_up_.empty() && before != output_.size();) {
    before = output_.size();
    read_some();
  }
  finish(gave_up_.empty() ? end_of(status) : gave_up_);
}

void token_command::kill_group() noexcept { ::kill(-child_, SIGKILL); }

/// The end comes with the child's.
void token_command::give_up(std::string why) {
  if (gave_up_.empty()) gave_up_ = std::move(why);
  if (child_ >= 0) kill_group();
}

void token_command::finish(std::string problem) {
  answer a{{}, {}, std::move(problem)};
  if (a.problem.empty()) a.lifetime = lifetime_in(output_, a.problem);
  if (a.problem.empty()) {
    std::istringstream in{std::exchange(output_, {})};
    std::vector<std::string> wrong;
    read_header_lines(in, "its output", a.headers, wrong);
    if (!wrong.empty()) a.problem = "said something else than headers: " + wrong.front();
    if (wrong.empty() && a.headers.empty()) a.problem = "said nothing";
  }
  boost::system::error_code ignored;
  pipe_.close(ignored);
  timer_.cancel();
  children_.await_none();
  boost::asio::post(timer_.get_executor(), [done = std::exchange(done_, nullptr),
                                            a = std::move(a)]() mutable { done(std::move(a)); });
}

}  // namespace sluice::cli
