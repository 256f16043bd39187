#include "io/disk/lease.hpp"
#include "support/loop_scratch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace sluice::io {
namespace {

constexpr int no_lease = 77;

/// A process that had SIGIO like this takes a lease, which a writer breaks: how waitpid() says that it ended.
int end_of_process(const std::string& path, void (*sigio)(int)) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGIO, sigio);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const lease held{fd, true};
    if (held.says() != lease::answer::no_writer) ::_exit(no_lease);
    const bool broken = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC) < 0 && errno == EWOULDBLOCK;
    ::_exit(broken ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(lease, ends_no_process_when_a_writer_breaks_it) {
  const loop::scratch tree;
  const std::string path = tree.write("a");
  for (auto* const sigio : {SIG_DFL, SIG_IGN}) {
    const int status = end_of_process(path, sigio);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    if (WEXITSTATUS(status) == no_lease) GTEST_SKIP() << "no leases on this file system";
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
}

}  // namespace
}  // namespace sluice::io
