#include "io/source_reader.hpp"

#include "io/file_system.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using names = std::vector<std::string>;

class source_reader_test : public testing::Test {
 protected:
  source_reader make(const source& from) {
    selector_ = core::selector::compile(from.select).value();
    roots_.clear();
    error_code ec;
    for (const auto& root : from.roots()) roots_.push_back(files_.open_directory(root, ec));
    if (from.roots().empty()) roots_.push_back(files_.open_directory({}, ec));
    EXPECT_FALSE(ec) << ec.message();
    return {ioc_.get_executor(), from, roots_, selector_};
  }
  std::vector<entry> entries(const source& from) {
    auto reader = make(from);
    return loop::run(ioc_, [&]() -> awaitable<std::vector<entry>> {
      std::vector<entry> all;
      while (auto e = co_await reader.next(error_)) all.push_back(std::move(*e));
      co_return all;
    });
  }
  /// The files, and in brackets what is skipped.
  names read(const source& from) {
    names all;
    for (const auto& e : entries(from))
      all.push_back(e.what == entry::kind::file ? e.path : "(" + e.path + ")");
    return all;
  }
  source list(const std::string& text, const fs::path& base = "base") {
    return source::list(tree_.write("list", text), false, tree_ / base);
  }
  /// Whether an entry leads to a file that can be opened.
  bool opens(const entry& e) {
    std::optional<source_file> file;
    return !files_.open_file(e.root, e.path, false, file);
  }
  void set_mtime(const fs::path& file, std::time_t to) {
    const timespec times[] = {{to, 0}, {to, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (tree_ / file).c_str(), times, 0), 0);
  }

  loop::scratch tree_;
  asio::io_context ioc_;
  file_system files_{ioc_.get_executor()};
  core::selector selector_ = core::selector::compile({}).value();
  std::vector<std::shared_ptr<const directory>> roots_;
  error_code error_;
};

TEST_F(source_reader_test, walks_its_roots_in_turn) {
  for (const auto name : {"one/a", "one/d/b", "two/a", "three/.c"}) tree_.write(name);
  fs::create_directory(tree_ / "none");
  const auto from = source::directories({tree_ / "two", tree_ / "none", tree_ / "one", tree_ / "three"});
  const auto all = entries(from);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].root->path(), tree_ / "two");
  EXPECT_EQ(all[0].path, "a");
  EXPECT_EQ(all[1].root->path(), tree_ / "one");
  EXPECT_EQ(all[2].root->path(), tree_ / "one");
  EXPECT_EQ(all[3].what, entry::kind::skipped);
  EXPECT_FALSE(error_);
}

TEST_F(source_reader_test, reads_in_the_order_that_was_asked_for) {
  tree_.write("r/a", "333"), tree_.write("r/b", "1"), tree_.write("r/c", "333"), tree_.write("r/d/e", "22");
  set_mtime("r/a", 2000), set_mtime("r/b", 4000), set_mtime("r/c", 3000), set_mtime("r/d/e", 3000);
  auto from = source::directory(tree_ / "r");
  using by = order::by;
  const auto in_order = [&](by what, bool descending) {
    from.order = {what, descending};
    return read(from);
  };
  EXPECT_THAT(in_order(by::name, false), ElementsAre("a", "b", "c", "d/e"));
  EXPECT_THAT(in_order(by::name, true), ElementsAre("d/e", "c", "b", "a"));
  EXPECT_THAT(in_order(by::size, false), ElementsAre("b", "d/e", "a", "c")) << "names break ties";
  EXPECT_THAT(in_order(by::size, true), ElementsAre("c", "a", "d/e", "b"));
  EXPECT_THAT(in_order(by::mtime, false), ElementsAre("a", "c", "d/e", "b"));
  EXPECT_THAT(in_order(by::mtime, true), ElementsAre("b", "d/e", "c", "a"));
  from.select.max_files = 2;
  EXPECT_THAT(in_order(by::size, true), ElementsAre("c", "a")) << "the largest, not the first found";
}

TEST_F(source_reader_test, an_order_goes_across_roots_and_names_are_bytes) {
  for (const auto name : {"x/b", "y/a", "y/\xff", "x/Z"}) tree_.write(name);
  auto from = source::directories({tree_ / "x", tree_ / "y"});
  from.order = {order::by::name, false};
  EXPECT_THAT(read(from), ElementsAre("Z", "a", "b", "\xff"));
}

TEST_F(source_reader_test, an_order_holds_for_many) {
  for (int i = 0; i < 1000; ++i) tree_.write("r/" + std::to_string(i), "");
  auto from = source::directory(tree_ / "r");
  from.order = {order::by::name, false};
  const auto all = read(from);
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

TEST_F(source_reader_test, counts_files_only_up_to_max_files) {
  for (const auto name : {"r/a", "r/b", "r/c", "r/.d", "r/e.tmp"}) tree_.write(name);
  auto from = source::directory(tree_ / "r");
  from.select.max_files = 2;
  EXPECT_EQ(std::ranges::count_if(read(from), [](const auto& n) { return !n.starts_with('('); }), 2);
  from.select.max_files = 3;
  EXPECT_EQ(std::ranges::count_if(read(from), [](const auto& n) { return !n.starts_with('('); }), 3);
  EXPECT_THAT(read([&] {
                auto listed = list(".x\na\n.y\nb\nc\n", "r");
                listed.select.max_files = 2;
                return listed;
              }()),
              ElementsAre("(.x)", "a", "(.y)", "b"));
}

TEST_F(source_reader_test, listed_names_are_taken_below_the_base) {
  tree_.write("base/a"), tree_.write("base/d/b");
  const auto base = (tree_ / "base").string();
  const auto text = "a\n./a\n././d/b\n" + base + "/a\n" + base + "/d/b\n" + base + "/./a\n";
  for (const auto spelt : {"base", "base/", "base//"}) {
    const auto all = entries(list(text, spelt));
    names paths;
    for (const auto& e : all) {
      paths.push_back(e.path);
      EXPECT_EQ(e.what, entry::kind::file);
      EXPECT_TRUE(opens(e)) << e.path;
    }
    EXPECT_THAT(paths, ElementsAre("a", "a", "d/b", "a", "d/b", "a")) << spelt;
  }
}

TEST_F(source_reader_test, listed_names_do_not_leave_the_base) {
  tree_.write("outside/secret"), tree_.write("base/d/a"), tree_.write("base2/secret");
  fs::create_directory_symlink("../outside", tree_ / "base/out");
  fs::create_symlink("../outside/secret", tree_ / "base/link");
  const auto base = (tree_ / "base").string();
  const auto all =
      entries(list("../outside/secret\nd/../../outside/secret\n./../outside/secret\nout/secret\nlink\n" +
                   base + "2/secret\n" + base + "/../outside/secret\n/etc/passwd\n..\n.\n/\n"));
  EXPECT_EQ(all.size(), 11u);
  for (const auto& e : all) EXPECT_FALSE(e.what == entry::kind::file && opens(e)) << e.path;
}

TEST_F(source_reader_test, what_is_listed_twice_or_is_not_there_is_an_entry_all_the_same) {
  tree_.write("base/a");
  EXPECT_THAT(read(list("a\nnone\na\n")), ElementsAre("a", "none", "a"));
}

TEST_F(source_reader_test, without_a_base_names_are_those_of_the_process) {
  const auto path = tree_.write("d/a").string();
  const auto from = source::list(tree_.write("list", path + "\n" + fs::relative(path).string() + "\n"));
  const auto all = entries(from);
  ASSERT_EQ(all.size(), 2u);
  for (const auto& e : all) EXPECT_TRUE(opens(e)) << e.path;
  EXPECT_EQ(all[0].path, path);
}

TEST_F(source_reader_test, rules_hold_for_lists_too) {
  tree_.write("base/a.jpg", "12345"), tree_.write("base/b.jpg", "1"), tree_.write("base/c.txt", "12345");
  const auto text = "a.jpg\nb.jpg\nc.txt\nd/none.jpg\n.hidden.jpg\n";
  auto from = list(text);
  from.select.include = {"*.jpg"}, from.select.exclude = {"d/"}, from.select.min_size = 2;
  const auto all = entries(from);
  EXPECT_THAT(read(from), ElementsAre("a.jpg", "(b.jpg)", "(c.txt)", "(d/none.jpg)", ".hidden.jpg"));
  for (const auto& e : all) EXPECT_EQ(e.why == errc::not_selected, e.what == entry::kind::skipped) << e.path;
  ASSERT_TRUE(all[0].identity);
  EXPECT_EQ(all[0].identity->size, 5u);
}

TEST_F(source_reader_test, lists_are_put_in_order_too) {
  tree_.write("base/a", "22"), tree_.write("base/b", "1"), tree_.write("base/c", "333");
  auto from = list("c\nb\nnone\na\n");
  from.order = {order::by::size, true};
  EXPECT_THAT(read(from), ElementsAre("c", "a", "b", "none"))
      << "what is not there comes as if it were empty";
  from.order = {order::by::name, false};
  EXPECT_THAT(read(from), ElementsAre("a", "b", "c", "none"));
}

TEST_F(source_reader_test, a_list_that_cannot_be_read_is_an_error) {
  fs::create_directory(tree_ / "base");
  for (const auto what : {order::by::none, order::by::name}) {
    auto from = source::list(tree_ / "none", false, tree_ / "base");
    from.order.what = what;
    EXPECT_THAT(read(from), IsEmpty());
    EXPECT_EQ(error_.value(), ENOENT);
    auto long_names = list("a\n" + std::string(100'000, 'n') + "\n");
    long_names.order.what = what;
    read(long_names);
    EXPECT_EQ(error_.value(), ENAMETOOLONG);
  }
}

TEST_F(source_reader_test, a_wait_for_names_can_be_cancelled) {
  ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
  const unique_fd writer{::open((tree_ / "fifo").c_str(), O_RDWR | O_CLOEXEC)};
  for (const auto what : {order::by::none, order::by::name}) {
    auto from = source::list(tree_ / "fifo", false, tree_.path());
    from.order.what = what;
    auto reader = make(from);
    std::optional<error_code> ended;
    loop::beside(ioc_, [&]() -> awaitable<void> {
      error_code ec;
      EXPECT_FALSE(co_await reader.next(ec));
      ended = ec;
    });
    ioc_.restart(), ioc_.poll();
    EXPECT_FALSE(ended);
    reader.cancel();
    loop::run_until(ioc_, [&] { return ended.has_value(); });
    EXPECT_EQ(ended, asio::error::operation_aborted);
  }
}

TEST_F(source_reader_test, a_cancelled_one_does_not_begin_to_read) {
  fs::create_directory(tree_ / "base");
  ASSERT_EQ(::mkfifo((tree_ / "fifo").c_str(), 0600), 0);
  const auto from = source::list(tree_ / "fifo", false, tree_ / "base");
  auto reader = make(from);
  reader.cancel();
  EXPECT_FALSE(loop::run(ioc_, [&]() -> awaitable<bool> {
    error_code ec;
    co_return (co_await reader.next(ec)).has_value();
  }));
}

}  // namespace
}  // namespace sluice::io
