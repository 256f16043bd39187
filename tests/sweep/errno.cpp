// Every fallible call of a reference run, made to fail with each error it can plausibly have.
#include "sweep/trace.hpp"

#include <map>
#include <set>
#include <stdexcept>

namespace sweep {
namespace {

const std::vector<scenario>& errno_scenarios() {
  static const std::vector<scenario> all{
      {.name = "delete", .files = 20, .window = 4},
      {.name = "move", .files = 3, .window = 1, .on_success = "move"},
      {.name = "interface", .files = 1, .arguments = {"--interface", "lo"}},
      {.name = "source-address", .files = 1, .arguments = {"--interface", "127.0.0.1"}},
      {.name = "empty-dirs",
       .files = 3,
       .window = 1,
       .arguments = {"--delete-empty-dirs", "--settle", "0"},
       .prefix = "a/b/f"},
      // The name of the one file is in the second half.
      {.name = "shard", .files = 1, .arguments = {"--shard", "2/2"}},
      {.name = "shard-with-lock-file", .files = 1, .arguments = {"--shard", "2/2", "--lock", "held"}},
  };
  return all;
}

using words = std::vector<std::string>;

/// Left out: EAGAIN where the kernel had no reason for it, since no event would follow; and what only a
/// program with a bug can get (EBADF, EFAULT, EINVAL).
const std::map<std::string, words>& plausible() {
  static const words descriptor{"EMFILE", "ENFILE", "ENOMEM"};
  static const words opening{"ENOENT", "EACCES", "EMFILE", "ENFILE", "ENOMEM", "ELOOP", "EIO"};
  static const words status{"EIO", "ESTALE", "EACCES", "ENOMEM"};
  static const words sending{"EPIPE", "ECONNRESET", "ENOBUFS", "EINTR"};
  static const words receiving{"ECONNRESET", "ETIMEDOUT", "ENOMEM", "EINTR"};
  static const words removing{"EACCES", "EPERM", "EROFS", "EBUSY", "EIO", "ENOENT", "ENOTEMPTY"};
  static const words nothing;
  static const std::map<std::string, words> all{
      {"openat", opening},
      {"openat2", {"ENOENT", "EACCES", "EMFILE", "ENFILE", "ENOMEM", "ELOOP", "EIO", "ENOSYS", "EAGAIN"}},
      {"newfstatat", status},
      {"fstat", status},
      {"statx", status},
      {"fstatfs", {"EIO", "EINTR", "ENOMEM", "ENOSYS"}},
      {"access", {"EACCES"}},
      {"faccessat2", {"EACCES", "EROFS", "ENOSYS", "EIO"}},
      {"read", {"EIO", "EINTR", "EISDIR", "ESTALE"}},
      {"readv", {"EIO", "EINTR"}},
      {"fadvise64", {"EIO", "EINVAL", "ESPIPE", "EBADF"}},
      {"preadv2", {"EIO", "EINTR", "EAGAIN", "EOPNOTSUPP", "ESTALE"}},
      {"pread64", {"EIO", "EINTR", "ESTALE"}},
      {"lseek", {"EIO"}},
      {"getdents64", {"EIO", "ENOENT", "EACCES"}},
      {"unlinkat", removing},
      {"renameat2", {"EXDEV", "EEXIST", "ENOSPC", "EROFS", "EACCES", "EIO", "ENOSYS"}},
      {"renameat", {"EXDEV", "ENOSPC", "EROFS", "EACCES", "EIO"}},
      {"linkat", {"EEXIST", "EPERM", "EXDEV", "EMLINK", "EIO"}},
      {"mkdirat", {"EACCES", "ENOSPC", "EROFS", "EIO", "EEXIST"}},
      {"mkdir", {"EACCES", "ENOSPC", "EROFS", "EIO"}},
      {"write", {"EPIPE", "ENOSPC", "EAGAIN", "EIO", "EINTR"}},
      {"writev", {"EPIPE", "ENOSPC", "EIO", "EINTR"}},
      {"close", {"EIO", "EINTR"}},
      {"fallocate", {"ENOSPC", "EOPNOTSUPP", "EIO"}},
      {"fcntl", {"EAGAIN", "EACCES", "ENOLCK", "EMFILE"}},
      {"flock", {"EINTR", "ENOLCK", "EAGAIN"}},
      {"ioctl", {"ENOTTY", "EIO"}},
      {"poll", {"EINTR", "ENOMEM"}},
      {"socket", {"EMFILE", "ENFILE", "ENOBUFS", "EAFNOSUPPORT", "EACCES"}},
      {"connect", {"ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "ETIMEDOUT", "EINTR"}},
      {"setsockopt", {"ENOBUFS", "ENOPROTOOPT", "EPERM", "ENODEV"}},
      {"bind", {"EADDRINUSE", "EADDRNOTAVAIL", "EACCES", "ENOBUFS"}},
      {"getsockname", {"ENOBUFS"}},
      {"getsockopt", {"ENOBUFS"}},
      {"getsockname", {"ENOBUFS"}},
      {"getpeername", {"ENOBUFS", "ENOTCONN"}},
      {"sendto", sending},
      {"sendmsg", sending},
      {"recvfrom", receiving},
      {"recvmsg", receiving},
      {"epoll_create1", descriptor},
      {"epoll_ctl", {"ENOSPC", "ENOMEM"}},
      {"epoll_wait", {"EINTR"}},
      {"timerfd_create", descriptor},
      {"eventfd2", descriptor},
      {"pipe2", {"EMFILE", "ENFILE"}},
      {"pipe", {"EMFILE", "ENFILE"}},
      {"mmap", {"ENOMEM"}},
      {"mprotect", {"ENOMEM"}},
      {"brk", {"no memory"}},
      {"getrandom", {"EINTR", "ENOSYS"}},
      {"prlimit64", {"EPERM"}},
      {"prctl", {"EPERM"}},
      {"fgetxattr", {"ENODATA", "EOPNOTSUPP"}},
      {"fsetxattr", {"ENOSPC", "EOPNOTSUPP", "EPERM"}},
      {"getcwd", {"ENOENT"}},
      // Calls that cannot fail when they are called rightly.
      {"arch_prctl", nothing},
      {"exit_group", nothing},
      {"futex", nothing},
      {"getegid", nothing},
      {"geteuid", nothing},
      {"getgid", nothing},
      {"getpid", nothing},
      {"getuid", nothing},
      {"munmap", nothing},
      {"restart_syscall", nothing},
      {"rseq", nothing},
      {"rt_sigaction", nothing},
      {"rt_sigprocmask", nothing},
      {"set_robust_list", nothing},
      {"set_tid_address", nothing},
      {"sysinfo", nothing},
      {"timerfd_settime", nothing},
      {"uname", nothing},
  };
  return all;
}

/// brk(2) tells of a failure by not moving.
std::string injection(const std::string& error) {
  return error == "no memory" ? ":retval=0" : ":error=" + error;
}

outcome fail_at(const scenario& what, const call& at, const std::string& error, const settings& how) {
  outcome result;
  stage s{what, how};
  const auto inject = "inject=" + at.name + injection(error) + ":when=" + std::to_string(at.nth);
  const int status =
      s.run({.below = {strace(), "-f", "--seccomp-bpf", "-qq", "-o", s / "trace", "-e", "trace=" + at.name,
                       "-e", inject},
             .arguments = {"--connect-timeout", "2s", "--speed-time", "2s", "--reply-time", "2s"}});
  result.reached = support::content_of(s / "trace").find("(INJECTED)") != std::string::npos;
  // The loader says so with 127; where it has no memory even for that, it crashes, and none of our code has
  // run.
  const bool of_memory = at.name == "mmap" || at.name == "brk" || at.name == "mprotect";
  const bool never_began = at.before_main && (status == 127 || (status < 0 && of_memory));
  if (!documented(status) && !never_began) result.problems.push_back(ending(status));
  const bool gone = error == "ENOENT" || error == "ELOOP";  // a name that leads nowhere, or to a link
  s.judge(result, !gone);
  s.finish(result);
  return result;
}

}  // namespace

points errno_points(const settings& s) {
  points all;
  std::set<std::string> unlisted;
  for (const auto& what : errno_scenarios())
    for (const auto& c : calls_of(what, s)) {
      const auto errors = plausible().find(c.name);
      if (errors == plausible().end()) {
        unlisted.insert(c.name);
        continue;
      }
      for (const auto& error : errors->second)
        all.push_back({what.name + "/" + c.name + ":" + std::to_string(c.nth) + ":" + error,
                       [&what, c, error, &s] { return fail_at(what, c, error, s); }});
    }
  if (!unlisted.empty()) {
    std::string names;
    for (const auto& name : unlisted) names += " " + name;
    throw std::runtime_error("sluice makes calls this sweep has no errors for:" + names);
  }
  return all;
}

}  // namespace sweep
