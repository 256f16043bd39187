#include "support/process.hpp"

#include "support/files.hpp"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace support {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uid_t nobody = 65534;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

std::pair<int, int> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {ends[0], ends[1]};
}

/// The first descriptor is our end, as with a pipe.
std::pair<int, int> make_terminal() {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ours < 0 || ::grantpt(ours) != 0 || ::unlockpt(ours) != 0) fail("no terminal");
  const int theirs = ::open(::ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (theirs < 0) fail("no terminal");
  const winsize size{.ws_row = 25, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(theirs, TIOCSWINSZ, &size);
  return {ours, theirs};
}

/// The program would go through a proxy that the tests know nothing of.
bool names_a_proxy(const char* variable) {
  for (const auto* name : {"https_proxy=", "http_proxy=", "all_proxy=", "no_proxy="})
    if (::strncasecmp(variable, name, std::strlen(name)) == 0) return true;
  return false;
}

std::vector<std::string> environment_of(const command& c) {
  std::vector<std::string> all = c.environment;
  for (char** e = environ; *e != nullptr; ++e)
    if (!std::string_view{*e}.starts_with("SLUICE_") && !names_a_proxy(*e)) all.emplace_back(*e);
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

// Only system calls are allowed between fork and exec.
[[noreturn]] void become(const command& c, int program, int in, int out, int err, char** arguments,
                         char** environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int n : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
    ::signal(n, SIG_DFL);  // the test itself may run under nohup
  bool ok = ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2;
  if (c.descriptor_limit) {
    const rlimit limit{*c.descriptor_limit, *c.descriptor_limit};
    ok = ok && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  if (!c.directory.empty()) ok = ok && ::chdir(c.directory.c_str()) == 0;
  if (c.as_nobody && ::geteuid() == 0) ok = ok && ::setgid(nobody) == 0 && ::setuid(nobody) == 0;
  if (c.refused) ok = ok && refuse(*c.refused);
  if (ok) ::fexecve(program, arguments, environment);
  ::_exit(126);
}

}  // namespace

process::process(const command& c) {
  // Opened here, so that it can lie where only we can look.
  const int program = ::open(c.arguments.at(0).c_str(), O_PATH | O_CLOEXEC);
  if (program < 0) fail("cannot open " + c.arguments[0]);
  const auto [in, into] = make_pipe();
  const auto [out, child_out] = make_pipe();
  const auto [err, child_err] = c.terminal ? make_terminal() : make_pipe();
  ::fcntl(into, F_SETFL, O_NONBLOCK);
  if (::write(into, c.input.data(), c.input.size()) != static_cast<ssize_t>(c.input.size()))
    fail("the input is too long");
  ::close(into);
  auto arguments = c.arguments;
  auto environment = environment_of(c);
  const auto argv = pointers_to(arguments), envp = pointers_to(environment);
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0)
    become(c, program, in, child_out, child_err, const_cast<char**>(argv.data()),
           const_cast<char**>(envp.data()));
  for (const int fd : {program, in, child_out, child_err}) ::close(fd);
  for (const int fd : {out, err}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  out_.fd = out, err_.fd = err;
}

process::~process() {
  if (!status_) {
    int ignored = 0;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &ignored, 0);
  }
  for (const auto* end : {&out_, &err_})
    if (end->fd >= 0) ::close(end->fd);
}

void process::signal(int number) const {
  if (!status_ && ::kill(pid_, number) != 0) fail("kill");
}

/// False at the end of the pipe (or terminal), or while it is empty.
bool process::read_some(pipe_end& from) {
  std::array<char, 16384> buffer{};
  const auto n = ::read(from.fd, buffer.data(), buffer.size());
  if (n > 0) from.text.append(buffer.data(), static_cast<std::size_t>(n));
  if (n == 0 || (n < 0 && errno == EIO)) ::close(std::exchange(from.fd, -1));
  return n > 0;
}

void process::read_for(milliseconds most) {
  std::array<pollfd, 2> ready{pollfd{out_.fd, POLLIN, 0}, pollfd{err_.fd, POLLIN, 0}};
  ::poll(ready.data(), ready.size(), static_cast<int>(most.count()));
  for (auto* end : {&out_, &err_})
    while (end->fd >= 0 && read_some(*end)) {
    }
}

bool process::wait_until(const std::function<bool()>& holds, milliseconds deadline) {
  const auto end = steady_clock::now() + deadline;
  while (!holds()) {
    if (status_ || steady_clock::now() >= end) return false;
    read_for(2ms);
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
      read_for(0ms);
      return holds();
    }
  }
  return true;
}

std::uint64_t process::peak_memory_so_far() const {
  const auto status = content_of("/proc/" + std::to_string(pid()) + "/status");
  const auto at = status.find("VmHWM:");
  return at != std::string::npos ? std::stoull(status.substr(at + 6)) : 0;
}

std::uint64_t process::peak_memory() {
  std::uint64_t peak = 0;
  const auto look = [&] {
    if (const auto now = peak_memory_so_far(); now != 0) peak = now;
    return false;
  };
  wait_until(look, std::chrono::seconds{100});
  return peak;
}

int process::wait(milliseconds deadline) {
  wait_until([&] { return status_.has_value(); }, deadline);
  if (!status_)
    throw std::runtime_error("still running after " + std::to_string(deadline.count()) +
                             " ms; it said: " + err_.text);
  return *status_;
}

finished run(const command& c, milliseconds deadline) {
  process p{c};
  const int code = p.wait(deadline);
  return {code, p.out(), p.err()};
}

command with_file_at(command c, const std::string& target, const std::string& file) {
  std::vector<std::string> all{"/usr/bin/unshare",
                               ::geteuid() == 0 ? "-m" : "-rm",
                               "/bin/sh",
                               "-c",
                               R"(mount --bind "$0" "$1" && shift && exec "$@")",
                               file,
                               target};
  all.insert(all.end(), c.arguments.begin(), c.arguments.end());
  c.arguments = std::move(all);
  return c;
}

std::string cannot_put_files() {
  static const finished tried = run(with_file_at({.arguments = {"/bin/true"}}, "/etc/hosts", "/etc/hosts"));
  return tried.code == 0 ? "" : "no mount namespace of one's own: " + tried.err;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace support
