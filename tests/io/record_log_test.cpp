#include "io/disk/record_log.hpp"

#include "support/loop_scratch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <sstream>
#include <stdexcept>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using loop::content_of;

/// The two ends of a pipe; reading takes what is there and never waits.
class pipe_ends {
 public:
  pipe_ends() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    read_ = unique_fd{ends[0]}, write_ = unique_fd{ends[1]};
    ::fcntl(read_.get(), F_SETFL, O_NONBLOCK);
  }
  int write_end() const { return write_.get(); }
  void close_read_end() { ::close(read_.release()); }
  std::string drain() {
    std::string all;
    std::array<char, 65'536> piece{};
    for (ssize_t n; (n = ::read(read_.get(), piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<std::size_t>(n));
    return all;
  }

 private:
  unique_fd read_, write_;
};

/// Standard output is `fd` while this lives.
class standard_output {
 public:
  explicit standard_output(int fd) : before_{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)} {
    std::fflush(stdout);
    ::dup2(fd, STDOUT_FILENO);
  }
  ~standard_output() { ::dup2(before_.get(), STDOUT_FILENO); }
  standard_output(const standard_output&) = delete;

 private:
  unique_fd before_;
};

error_code open_standard_output(record_log& log, const pipe_ends& to) {
  const standard_output redirected{to.write_end()};
  return log.open("-");
}

std::string numbered(int n, std::size_t size = 1000) {
  auto line = std::to_string(n);
  return line.append(size - line.size(), '.');
}

/// The numbers of whole lines, in order.
std::vector<int> numbers_of(const std::string& text, std::size_t size = 1000) {
  std::vector<int> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    EXPECT_EQ(line.size(), size);
    all.push_back(std::atoi(line.c_str()));
  }
  EXPECT_TRUE(text.empty() || text.back() == '\n');
  return all;
}

TEST(record_log_test, appends_line_by_line) {
  const loop::scratch dir;
  const auto path = dir / "log";
  record_log log;
  EXPECT_FALSE(log.is_open());
  ASSERT_FALSE(log.open(path));
  EXPECT_TRUE(log.is_open());
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  log.append("one");
  EXPECT_EQ(content_of(path), "one\n") << "with the kernel before append() returns";
  log.append(std::string(3'000'000, 'x'));
  log.append("three");
  EXPECT_TRUE(content_of(path) == "one\n" + std::string(3'000'000, 'x') + "\nthree\n");
  EXPECT_EQ(log.dropped(), 0u);
}

TEST(record_log_test, goes_on_where_an_earlier_one_ended) {
  const loop::scratch dir;
  for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
           {"", "new\n"}, {"old\n", "old\nnew\n"}, {"old\nto", "old\nto\nnew\n"}, {"t", "t\nnew\n"}}) {
    const auto path = dir.write("log", before);
    fs::permissions(path, static_cast<fs::perms>(0640));
    record_log log;
    ASSERT_FALSE(log.open(path));
    EXPECT_EQ(log.dropped(), 0u);
    EXPECT_EQ(content_of(path), before) << "nothing is written before there is something to say";
    log.append("new");
    EXPECT_EQ(content_of(path), after);
    EXPECT_EQ(fs::status(path).permissions(), static_cast<fs::perms>(0640));
  }
}

TEST(record_log_test, writes_at_the_end_whoever_else_does) {
  const loop::scratch dir;
  const auto path = dir.write("log", "");
  record_log log, other;
  ASSERT_FALSE(log.open(path) || other.open(path));
  log.append("a"), other.append("b"), log.append("c");
  EXPECT_EQ(content_of(path), "a\nb\nc\n");
}

TEST(record_log_test, says_why_it_cannot_be_opened) {
  const loop::scratch dir;
  record_log log;
  EXPECT_EQ(log.open(dir.path()).value(), EISDIR);
  EXPECT_EQ(log.open(dir / "none/log").value(), ENOENT);
  EXPECT_FALSE(log.is_open());
}

TEST(record_log_test, what_a_full_device_does_not_take_is_counted) {
  record_log log;
  ASSERT_FALSE(log.open("/dev/full"));
  for (int i = 0; i < 10; ++i) log.append("line");
  EXPECT_EQ(log.dropped(), 10u);
  for (int i = 0; i < 2000; ++i) log.append(numbered(i));
  EXPECT_EQ(log.dropped(), 2010u);
}

/// Files cannot grow beyond `size` while this lives, as on a full disk.
class full_disk {
 public:
  explicit full_disk(rlim_t size) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    std::fflush(stdout);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  full_disk(const full_disk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(record_log_test, goes_on_in_the_middle_of_a_line_when_the_disk_has_room_again) {
  const loop::scratch dir;
  const auto path = dir.write("log", "torn");
  record_log log;
  ASSERT_FALSE(log.open(path));
  std::vector<std::uint64_t> dropped;
  std::string meanwhile;
  {
    const full_disk full{4};
    log.append("one");
    dropped.push_back(log.dropped());
  }
  {
    const full_disk full{11};
    log.append("two");
    meanwhile = content_of(path);
    dropped.push_back(log.dropped());
  }
  log.append("three");
  dropped.push_back(log.dropped());
  EXPECT_THAT(dropped, testing::ElementsAre(1, 1, 0));
  EXPECT_EQ(meanwhile, "torn\none\ntw");
  EXPECT_EQ(content_of(path), "torn\none\ntwo\nthree\n");
}

TEST(record_log_test, a_dash_is_standard_output) {
  pipe_ends out;
  record_log log;
  ASSERT_FALSE(open_standard_output(log, out));
  log.append("one"), log.append("two");
  EXPECT_EQ(out.drain(), "one\ntwo\n");
}

TEST(record_log_test, standard_output_is_not_looked_at_for_a_torn_line) {
  const loop::scratch dir;
  const auto path = dir.write("out", "somebody's");
  record_log log;
  {
    const unique_fd to{::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC)};
    const standard_output redirected{to.get()};
    ASSERT_FALSE(log.open("-"));
  }
  log.append("one");
  EXPECT_EQ(content_of(path), "somebody'sone\n");
}

TEST(record_log_test, a_reader_that_is_slow_is_not_waited_for_and_misses_nothing_in_order) {
  pipe_ends out;
  record_log log;
  ASSERT_FALSE(open_standard_output(log, out));
  constexpr int few = 500;  // more than a pipe holds, less than is kept
  for (int i = 0; i < few; ++i) log.append(numbered(i));
  const auto waiting = log.dropped();
  EXPECT_GT(waiting, 0u) << "they are not with the kernel yet";
  std::string all;
  int appended = few;
  do {
    all += out.drain();
    log.append(numbered(appended++));
  } while (log.dropped() != 0 && appended < 2 * few);
  all += out.drain();
  const auto numbers = numbers_of(all);
  ASSERT_EQ(numbers.size(), static_cast<std::size_t>(appended));
  for (int i = 0; i < appended; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i);
}

TEST(record_log_test, a_reader_that_does_not_read_costs_a_megabyte_and_then_lines) {
  pipe_ends out;
  record_log log;
  ASSERT_FALSE(open_standard_output(log, out));
  constexpr int many = 4000;
  for (int i = 0; i < many; ++i) log.append(numbered(i));
  std::string all;
  int appended = many;
  do {
    all += out.drain();
    log.append(numbered(appended++));
  } while (!all.ends_with(numbered(appended - 2) + "\n") && appended < 2 * many);
  all += out.drain();
  const auto numbers = numbers_of(all);
  EXPECT_TRUE(std::ranges::is_sorted(numbers));
  EXPECT_EQ(numbers.size() + log.dropped(), static_cast<std::size_t>(appended)) << "lost, and not counted";
  const auto gap = std::ranges::adjacent_find(numbers, [](int a, int b) { return b != a + 1; });
  ASSERT_NE(gap, numbers.end());
  const std::size_t kept = static_cast<std::size_t>(*gap) * 1001;
  EXPECT_GE(kept, std::size_t{1} << 20) << "what the pipe holds, and a megabyte";
  EXPECT_LT(kept, std::size_t{3} << 20);
}

// A write to it would be SIGPIPE, the end of a program that embeds us.
TEST(record_log_test, a_reader_that_went_away_costs_lines_only) {
  pipe_ends out;
  record_log log;
  ASSERT_FALSE(open_standard_output(log, out));
  log.append("one");
  out.close_read_end();
  log.append("two"), log.append("three");
  EXPECT_EQ(log.dropped(), 2u);
}

TEST(record_log_test, a_fifo_is_not_waited_for) {
  const loop::scratch dir;
  const auto path = dir / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  record_log log;
  EXPECT_EQ(log.open(path).value(), ENXIO) << "nobody would get its lines";
  const unique_fd reader{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  ASSERT_FALSE(log.open(path));
  log.append("one");
  std::array<char, 10> text{};
  EXPECT_EQ(::read(reader.get(), text.data(), text.size()), 4);
  EXPECT_STREQ(text.data(), "one\n");
}

}  // namespace
}  // namespace sluice::io
