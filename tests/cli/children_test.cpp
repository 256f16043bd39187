#include "cli/secrets/children.hpp"

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;

pid_t shell(std::string command) {
  std::string sh{"sh"}, flag{"-c"};
  char* const arguments[]{sh.data(), flag.data(), command.data(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, arguments, environ), 0);
  return pid;
}

std::size_t children_now() {
  std::ifstream in{"/proc/self/task/" + std::to_string(::getpid()) + "/children"};
  std::size_t n = 0;
  for (pid_t pid = 0; in >> pid;) ++n;
  return n;
}

class children_of_a_subreaper : public testing::Test {
 protected:
  children_of_a_subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~children_of_a_subreaper() override { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
  boost::asio::io_context ioc{1};
};

TEST_F(children_of_a_subreaper, are_reaped_whoever_left_them_and_whenever) {
  const auto before = shell("exit 0");
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(before), &info, WEXITED | WNOWAIT), 0);
  const children c{ioc.get_executor()};
  EXPECT_EQ(children_now(), 0u) << "those that ended before";
  for (int round = 0; round < 2; ++round) {
    const auto parent = shell("sleep 0.1 & sleep 0.05 & exit 0");
    ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
    EXPECT_EQ(children_now(), 2u);
    ioc.run_for(500ms);
    EXPECT_EQ(children_now(), 0u);
  }
}

TEST_F(children_of_a_subreaper, awaited_one_tells_its_status_among_orphans) {
  children c{ioc.get_executor()};
  ASSERT_FALSE(c.hear_ends());
  std::optional<int> status;
  c.await_child(shell("(sleep 0.1 &) ; (exit 3) & exit 7"), [&](int s) { status = s; });
  ioc.run_for(500ms);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
  EXPECT_EQ(children_now(), 0u);
}

TEST(children, of_others_are_left_to_them) {
  boost::asio::io_context ioc{1};
  children c{ioc.get_executor()};
  ASSERT_FALSE(c.hear_ends());
  const auto other = shell("exit 5");
  std::optional<int> status;
  c.await_child(shell("exit 7"), [&](int s) { status = s; });
  ioc.run_for(300ms);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 7);
  int code = 0;
  EXPECT_EQ(::waitpid(other, &code, 0), other);
  EXPECT_EQ(WEXITSTATUS(code), 5);
}

}  // namespace
}  // namespace sluice::cli
