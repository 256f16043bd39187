#include "io/sources/name_list.hpp"

#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sluice::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using names = std::vector<std::string>;

class name_list_test : public testing::Test {
 protected:
  /// Reads `list` to its end beside the test.
  void start(name_list& list) {
    ended_ = false, error_ = {}, seen_.clear();
    loop::beside(ioc_, [this, &list]() -> awaitable<void> {
      while (auto name = co_await list.next(error_)) seen_.push_back(std::move(*name));
      ended_ = true;
    });
  }
  void finish() {
    loop::run_until(ioc_, [this] { return ended_; });
  }
  names all(name_list& list) {
    start(list), finish();
    return seen_;
  }
  names listed(const std::string& text, bool nul = false) {
    error_code ec;
    name_list list{ioc_.get_executor(), tree_.write("list", text), nul, ec};
    EXPECT_FALSE(ec) << ec.message();
    return all(list);
  }
  /// A fifo, and the descriptor to write to it once somebody reads.
  std::filesystem::path make_fifo() {
    ::mkfifo((tree_ / "fifo").c_str(), 0600);
    return tree_ / "fifo";
  }
  unique_fd writer() {
    return unique_fd{::open((tree_ / "fifo").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  }
  static void put(const unique_fd& fd, const std::string& text) {
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  asio::io_context ioc_;
  loop::scratch tree_;
  names seen_;
  error_code error_;
  bool ended_ = false;
};

TEST_F(name_list_test, one_name_a_line) {
  EXPECT_THAT(listed("a\nb c\n d/e \n\xff\xfe\n"), ElementsAre("a", "b c", " d/e ", "\xff\xfe"));
  EXPECT_FALSE(error_);
  EXPECT_THAT(listed("a\r\nb"), ElementsAre("a\r", "b")) << "a carriage return is part of the name";
}

TEST_F(name_list_test, the_last_line_may_lack_its_end_and_empty_ones_are_no_names) {
  EXPECT_THAT(listed("a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(listed("\n\na\n\n\nb\n\n"), ElementsAre("a", "b"));
  EXPECT_THAT(listed(""), IsEmpty());
  EXPECT_THAT(listed("\n"), IsEmpty());
  EXPECT_FALSE(error_);
}

TEST_F(name_list_test, or_a_nul_after_each) {
  using namespace std::string_literals;
  EXPECT_THAT(listed("a\nb\0c\0\0d"s, true), ElementsAre("a\nb", "c", "d"));
  EXPECT_THAT(listed("a\0b\n"s), ElementsAre("a\0b"s)) << "a NUL ends nothing among lines";
}

TEST_F(name_list_test, an_end_stays_one) {
  error_code ec;
  name_list list{ioc_.get_executor(), tree_.write("list", "a\n"), false, ec};
  EXPECT_THAT(all(list), ElementsAre("a"));
  EXPECT_THAT(all(list), IsEmpty());
  EXPECT_FALSE(error_);
}

TEST_F(name_list_test, names_across_the_pieces_it_is_read_in) {
  std::string text;
  names expected;
  for (std::size_t i = 0; i < 3000; ++i) {
    expected.push_back(std::to_string(i) + std::string(i % 97, 'n'));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(listed(text), expected);
}

TEST_F(name_list_test, a_name_too_long_for_any_file_is_an_error) {
  const std::string longest(core::name_splitter::max_name, 'n');
  EXPECT_THAT(listed("a\n" + longest + "\nb\n"), ElementsAre("a", longest, "b"));
  EXPECT_FALSE(error_);
  EXPECT_THAT(listed("a\n" + longest), ElementsAre("a", longest)) << "the last, without an end";
  EXPECT_FALSE(error_);
  for (const auto after : {"n\nb\n", "nnnnnn", "n"}) {
    EXPECT_THAT(listed("a\n" + longest + after), ElementsAre("a"));
    EXPECT_EQ(error_.value(), ENAMETOOLONG);
  }
  EXPECT_THAT(listed(std::string(10'000'000, 'n')), IsEmpty());
  EXPECT_EQ(error_.value(), ENAMETOOLONG);
}

TEST_F(name_list_test, what_is_no_list_is_an_error) {
  error_code ec;
  EXPECT_TRUE((name_list{ioc_.get_executor(), tree_ / "none", false, ec},
               ec == boost::system::errc::no_such_file_or_directory));
  EXPECT_TRUE(
      (name_list{ioc_.get_executor(), tree_.path(), false, ec}, ec == boost::system::errc::is_a_directory));
}

TEST_F(name_list_test, what_cannot_be_waited_for_is_read) {
  error_code ec;
  name_list list{ioc_.get_executor(), "/dev/null", false, ec};
  EXPECT_FALSE(ec) << ec.message();
  EXPECT_THAT(all(list), IsEmpty());
  EXPECT_FALSE(error_);
}

TEST_F(name_list_test, a_pipe_that_trickles_is_waited_for) {
  error_code ec;
  name_list list{ioc_.get_executor(), make_fifo(), false, ec};
  ASSERT_FALSE(ec) << ec.message();
  auto from = writer();
  start(list);
  const auto after = [&](const std::string& text) {
    put(from, text);
    ioc_.restart(), ioc_.poll();
    return seen_;
  };
  EXPECT_THAT(after("a"), IsEmpty());
  EXPECT_THAT(after("b\n"), ElementsAre("ab"));
  EXPECT_THAT(after("c\nd\ne"), ElementsAre("ab", "c", "d"));
  EXPECT_THAT(after("\n"), ElementsAre("ab", "c", "d", "e"));
  EXPECT_THAT(after("f"), ElementsAre("ab", "c", "d", "e"));
  EXPECT_FALSE(ended_);
  ::close(from.release());
  finish();
  EXPECT_THAT(seen_, ElementsAre("ab", "c", "d", "e", "f"));
  EXPECT_FALSE(error_);
}

TEST_F(name_list_test, more_than_a_pipe_holds) {
  error_code ec;
  name_list list{ioc_.get_executor(), make_fifo(), false, ec};
  const auto from = writer();
  start(list);
  names expected;
  for (int i = 0; i < 200; ++i) {
    expected.emplace_back(1000, static_cast<char>('a' + i % 26));
    put(from, expected.back() + "\n");
    loop::run_until(ioc_, [&] { return seen_.size() == expected.size(); });
  }
  EXPECT_EQ(seen_, expected);
  list.cancel();
  finish();
}

// The fifo would read as ended, and a run that is begun before `find > fifo` would send nothing.
TEST_F(name_list_test, a_fifo_without_a_writer_yet_has_not_ended) {
  error_code ec;
  name_list list{ioc_.get_executor(), make_fifo(), false, ec};
  start(list);
  ioc_.poll();
  EXPECT_FALSE(ended_);
  auto from = writer();
  put(from, "a\n");
  loop::run_until(ioc_, [&] { return !seen_.empty(); });
  ::close(from.release());
  finish();
  EXPECT_THAT(seen_, ElementsAre("a"));
}

TEST_F(name_list_test, a_wait_can_be_cancelled) {
  error_code ec;
  name_list list{ioc_.get_executor(), make_fifo(), false, ec};
  const auto from = writer();
  put(from, "a\nb");
  start(list);
  loop::run_until(ioc_, [&] { return !seen_.empty(); });
  ioc_.poll();
  list.cancel();
  finish();
  EXPECT_EQ(error_, asio::error::operation_aborted);
  EXPECT_THAT(seen_, ElementsAre("a"));
}

TEST_F(name_list_test, a_file_needs_no_cancelling) {
  error_code ec;
  name_list list{ioc_.get_executor(), tree_.write("list", "a\n"), false, ec};
  list.cancel();
  EXPECT_THAT(all(list), ElementsAre("a"));
}

/// Standard input is `fd` while this lives.
class standard_input {
 public:
  explicit standard_input(int fd) : before_{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)} {
    ::dup2(fd, STDIN_FILENO);
  }
  ~standard_input() {
    if (before_)
      ::dup2(before_.get(), STDIN_FILENO);
    else
      ::close(STDIN_FILENO);
  }
  standard_input(const standard_input&) = delete;

 private:
  unique_fd before_;
};

TEST_F(name_list_test, a_dash_is_standard_input_which_stays_as_it_was) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const unique_fd in{ends[0]};
  unique_fd out{ends[1]};
  put(out, "a\nb\n");
  const standard_input redirected{in.get()};
  {
    error_code ec;
    name_list list{ioc_.get_executor(), "-", false, ec};
    ASSERT_FALSE(ec) << ec.message();
    ::close(out.release());
    EXPECT_THAT(all(list), ElementsAre("a", "b"));
  }
  EXPECT_EQ(::fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK, 0) << "it is shared with whoever started us";
}

TEST_F(name_list_test, a_file_on_standard_input) {
  const auto path = tree_.write("list", "a\nb");
  const unique_fd in{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const standard_input redirected{in.get()};
  error_code ec;
  name_list list{ioc_.get_executor(), "-", false, ec};
  EXPECT_THAT(all(list), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace sluice::io
