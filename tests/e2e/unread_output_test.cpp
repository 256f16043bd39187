// A reader that does not read costs lines, never time.
#include "e2e/e2e.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace e2e {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::IsEmpty;
using testing::StartsWith;

class unread_output : public test {
 protected:
  static constexpr std::size_t count = 700;
  static constexpr std::size_t pipe_size = 65'536;

  unread_output() { files.add_many(count, 10); }

  /// Until the program is gone, with nobody reading what it writes.
  static void wait_without_reading(const support::process& p) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, p.pid(), 0));
    ASSERT_GE(fd, 0);
    pollfd gone{fd, POLLIN, 0};
    EXPECT_EQ(::poll(&gone, 1, static_cast<int>(support::process::patience.count())), 1)
        << "blocked by its own output";
    ::close(fd);
  }

  outcome drain_unread(const support::sink& to, const arguments& options) const {
    support::process p{send_command(to, options)};
    wait_without_reading(p);
    return outcome_of(p);
  }
  const std::string long_reply = R"([{"body": ")" + std::string(400, 'r') + R"("}])";
};

TEST_F(unread_output, on_standard_error_does_not_stop_the_run) {
  support::sink to{long_reply, {"--http"}};
  for (const auto* lines : {"-v", "--log-json"}) {
    const auto o = drain_unread(to, {lines});
    EXPECT_EQ(o.code, 0);
    EXPECT_EQ(o.count("accepted"), count);
    // What fitted is whole lines.
    EXPECT_GT(o.err.size(), pipe_size / 2);
    EXPECT_LE(o.err.size(), pipe_size);
    EXPECT_TRUE(o.err.ends_with('\n'));
    EXPECT_THAT(support::lines_of(o.err),
                Each(AnyOf(StartsWith("20"), StartsWith("{\"v\":1,"), StartsWith("sluice: "))));
  }
}

TEST_F(unread_output, on_standard_output_does_not_stop_the_run_and_lost_lines_are_counted) {
  support::sink to{long_reply, {"--http"}};
  const auto o = drain_unread(to, {"--joblog", "-", "--on-success", "delete"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("deleted"), count);
  EXPECT_THAT(files.left(), IsEmpty());
  const auto whole_lines = static_cast<std::size_t>(std::ranges::count(o.out, '\n'));
  EXPECT_GT(whole_lines, 10u);
  EXPECT_GT(o.count("log_lines_dropped"), 0u);
  EXPECT_EQ(whole_lines + o.count("log_lines_dropped"), count);
}

}  // namespace
}  // namespace e2e
