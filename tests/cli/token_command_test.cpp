#include "cli/secrets/token_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

token_command::answer ask(const std::string& command, std::chrono::milliseconds patience = 30s) {
  boost::asio::io_context ioc{1};
  token_command c{ioc.get_executor(), command, patience};
  std::optional<token_command::answer> answer;
  c.run([&](token_command::answer a) { answer = std::move(a); });
  EXPECT_FALSE(answer) << "never from within";
  ioc.run();
  return answer.value();
}

TEST(token_command, says_headers) {
  const auto a = ask("echo '# fresh'; echo 'Authorization: Bearer 1'; echo 'b:2'");
  EXPECT_EQ(a.problem, "");
  ASSERT_THAT(a.headers, SizeIs(2));
  EXPECT_EQ(a.headers[0].value, "Bearer 1");
}

TEST(token_command, says_how_long_its_token_lives) {
  EXPECT_EQ(ask("echo 'Authorization: Bearer 1'; echo '# expires-in: 3600'").lifetime, 3600s);
  EXPECT_EQ(ask("echo 'Authorization: Bearer 1'").lifetime, std::nullopt);
  const auto wrong = ask("echo 'Authorization: Bearer hidden'; echo '# expires-in: hidden'");
  EXPECT_EQ(wrong.problem, "line 2 of its output: expires-in is not a whole number of seconds");
  EXPECT_THAT(wrong.headers, IsEmpty());
}

TEST(token_command, that_hangs_is_killed_with_all_its_children) {
  const auto a = ask("sleep 1000 & sleep 1000", 100ms);
  EXPECT_THAT(a.problem, HasSubstr("took too long"));
  EXPECT_THAT(a.headers, IsEmpty());
}

TEST(token_command, that_says_too_much_is_killed) {
  EXPECT_THAT(ask("yes 'a: b'").problem, HasSubstr("more than 64 KiB"));
  EXPECT_THAT(ask("head -c 70000 /dev/zero").problem, HasSubstr("more than 64 KiB"));
}

TEST(token_command, of_just_the_size_is_read_whole) {
  const auto a = ask("printf 'a: '; head -c 65532 /dev/zero | tr '\\0' x; echo");
  EXPECT_EQ(a.problem, "");
  ASSERT_THAT(a.headers, SizeIs(1));
  EXPECT_EQ(a.headers[0].value.size(), 65532u);
}

// A child that the command leaves behind holds the pipe open: it is neither awaited nor killed.
TEST(token_command, that_leaves_a_child_behind_is_over_with_itself) {
  const auto a = ask("sleep 1000 & echo pid: $!");
  ASSERT_EQ(a.problem, "");
  const auto left = static_cast<pid_t>(std::stoi(a.headers.at(0).value));
  EXPECT_EQ(::kill(left, SIGKILL), 0);
}

TEST(token_command, can_be_run_again) {
  boost::asio::io_context ioc{1};
  token_command c{ioc.get_executor(), "echo a: $$"};
  std::vector<std::string> values;
  const auto note = [&](const token_command::answer& a) { values.push_back(a.headers.at(0).value); };
  for (int i = 0; i < 3; ++i) {
    c.run(note);
    EXPECT_TRUE(c.running());
    ioc.run();
    ioc.restart();
    EXPECT_FALSE(c.running());
  }
  EXPECT_THAT(values, SizeIs(3));
  EXPECT_NE(values[0], values[1]);
}

TEST(token_command, dies_with_who_asked) {
  pid_t child = 0;
  {
    boost::asio::io_context ioc{1};
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    token_command c{ioc.get_executor(), "echo $$ >/proc/" + std::to_string(::getpid()) + "/fd/" +
                                            std::to_string(ends[1]) + "; sleep 1000"};
    c.run([](const token_command::answer&) { FAIL() << "its handler is not called"; });
    char text[32]{};
    ASSERT_GT(::read(ends[0], text, sizeof text - 1), 0);
    child = static_cast<pid_t>(std::stoi(text));
    ::close(ends[0]), ::close(ends[1]);
  }
  const auto is_gone = [&] { return ::kill(-child, 0) != 0 && errno == ESRCH; };
  for (int i = 0; i < 1000 && !is_gone(); ++i) {
    ::usleep(10'000);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  EXPECT_TRUE(is_gone());
}

/// The children of this process that have ended and that nobody has asked for.
std::size_t zombies() {
  std::size_t n = 0;
  siginfo_t info{};
  std::ifstream in{"/proc/self/task/" + std::to_string(::getpid()) + "/children"};
  for (pid_t pid = 0; in >> pid; ++n)
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
      --n;
  return n;
}

// The program is process 1 in a container, and gets the orphans. They stayed as zombies for as long as it
// ran.
TEST(token_command, reaps_the_orphans_that_it_leaves_to_us) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  boost::asio::io_context ioc{1};
  token_command c{ioc.get_executor(), "for n in 1 2 3; do sleep 0.1 & done; (exit 7) & echo a: b; exit 0"};
  for (int round = 0; round < 2; ++round) {
    std::optional<token_command::answer> answer;
    c.run([&](token_command::answer a) { answer = std::move(a); });
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!answer && std::chrono::steady_clock::now() < until) ioc.run_one_for(1s);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->problem, "") << "the command's own end is its own";
    ioc.run_for(600ms);
    EXPECT_EQ(zombies(), 0u);
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace sluice::cli
