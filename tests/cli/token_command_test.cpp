#include "cli/watch/token_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
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

// What it leaves behind holds the pipe open: it is neither awaited nor killed.
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

}  // namespace
}  // namespace sluice::cli
