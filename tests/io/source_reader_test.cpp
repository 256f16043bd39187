#include "io/sources/source_reader.hpp"

#include "io/disk/file_system.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"
#include "support/turn_clock.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

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
  std::vector<entry> entries(const source& from, bool at_once) {
    auto reader = make(from);
    return loop::run(ioc_, [&]() -> awaitable<std::vector<entry>> {
      std::vector<entry> all;
      for (;;) {
        auto e = at_once ? reader.next_at_once() : std::nullopt;
        if (!e) e = co_await reader.next(error_);
        if (!e) co_return all;
        all.push_back(std::move(*e));
      }
    });
  }
  /// Read in both ways, which give the same; a range can be read once.
  std::vector<entry> entries(const source& from) {
    auto all = entries(from, false);
    if (!from.is_walked()) return all;
    const auto again = entries(from, true);
    EXPECT_TRUE(std::ranges::equal(all, again, [](const entry& a, const entry& b) {
      return a.what == b.what && a.path == b.path && a.why == b.why;
    }));
    return all;
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
    std::unique_ptr<opened_file> file;
    return !files_.open(e.root, e.path, {}, file);
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

TEST_F(source_reader_test, in_an_order_what_is_not_sent_comes_first_and_once) {
  for (const auto name : {"r/.a", "r/b", "r/c/.d", "r/c/a"}) tree_.write(name);
  auto from = source::directory(tree_ / "r");
  from.order = {order::by::name, true};
  const auto all = read(from);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_THAT(names(all.begin(), all.begin() + 2), UnorderedElementsAre("(.a)", "(c/.d)"));
  EXPECT_THAT(names(all.begin() + 2, all.end()), ElementsAre("c/a", "b"));
}

TEST_F(source_reader_test, an_order_keeps_what_is_known_of_a_file) {
  tree_.write("base/a", "22");
  auto from = list("a\n");
  from.order = {order::by::name, false};
  const auto all = entries(from);
  ASSERT_TRUE(all.size() == 1 && all[0].identity);
  EXPECT_EQ(all[0].identity->size, 2u);
  EXPECT_EQ(all[0].root->path(), tree_ / "base");
  EXPECT_TRUE(opens(all[0]));
}

TEST_F(source_reader_test, neither_a_large_directory_nor_an_order_nor_empty_directories_hold_the_loop) {
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i)
    unique_fd{::open((tree_ / ("n" + std::to_string(i * 7919 % count))).c_str(), O_CREAT | O_WRONLY, 0600)};
  for (int i = 0; i < 2000; ++i) fs::create_directory(tree_ / ("d" + std::to_string(i)));
  for (const auto what : {order::by::none, order::by::name, order::by::mtime}) {
    auto from = source::directory(tree_.path());
    from.order.what = what;
    const auto longest = support::longest_turn([&](support::turn_clock& turns) {
      auto reader = make(from);
      std::size_t files = 0;
      bool done = false;
      loop::beside(ioc_, [&]() -> awaitable<void> {
        while (co_await reader.next(error_)) ++files;
        done = true;
      });
      ioc_.restart();
      while (!done) turns.measure([&] { ioc_.run_one(); });
      EXPECT_EQ(files, count);
    });
    EXPECT_LT(longest, support::turn_clock::most) << static_cast<int>(what);
  }
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
      EXPECT_TRUE(opens(e)) << e.path;
    }
    EXPECT_THAT(paths, ElementsAre("a", "a", "d/b", "a", "d/b", "a")) << spelt;
    EXPECT_THAT(read(list(text, spelt)), ElementsAre("a", "(a)", "d/b", "(a)", "(d/b)", "(a)"))
        << "each once, however it is spelt";
    EXPECT_EQ(all[1].why, errc::listed_twice);
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
  EXPECT_THAT(read(list("a\nnone\na\n")), ElementsAre("a", "none", "(a)"));
}

TEST_F(source_reader_test, what_is_not_there_is_missing_once_it_was_looked_at) {
  tree_.write("base/a", "12345");
  auto from = list("none\na\na/b\n");
  EXPECT_TRUE(entries(from)[0].listed) << "its turn will tell";
  from.select.min_size = 1;
  const auto all = entries(from);
  EXPECT_EQ(all[0].why, errc::file_missing);
  EXPECT_FALSE(all[1].listed);
  EXPECT_EQ(all[2].why, errc::file_missing);
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
  EXPECT_THAT(read(from), ElementsAre("a.jpg", "(b.jpg)", "(c.txt)", "(d/none.jpg)", "(.hidden.jpg)"));
  for (const auto& e : all) EXPECT_EQ(!e.why, e.what == entry::kind::file) << e.path;
  EXPECT_EQ(all[4].why, errc::file_missing);
  ASSERT_TRUE(all[0].identity);
  EXPECT_EQ(all[0].identity->size, 5u);
}

TEST_F(source_reader_test, lists_are_put_in_order_too) {
  tree_.write("base/a", "22"), tree_.write("base/b", "1"), tree_.write("base/c", "333");
  auto from = list("c\nb\nnone\na\n");
  from.order = {order::by::size, true};
  EXPECT_THAT(read(from), ElementsAre("(none)", "c", "a", "b")) << "what is not there needs no room";
  from.order = {order::by::name, false};
  EXPECT_THAT(read(from), ElementsAre("(none)", "a", "b", "c"));
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

/// Reads the shards of a source, one after the other.
class shards_test : public source_reader_test {
 protected:
  static constexpr std::uint32_t of = 3;
  /// Returns the names of all shards, sorted; each must have only its own.
  template <class Make>
  names read_shards(Make make_source) {
    names all;
    for (std::uint32_t k = 1; k <= of; ++k) {
      source from = make_source();
      from.select.shard = shard{k, of};
      for (const auto& e : entries(from)) {
        EXPECT_EQ(shard_of(e.path, of), k) << e.path;
        all.push_back(e.what == entry::kind::file ? e.path : "(" + e.path + ")");
      }
    }
    std::ranges::sort(all);
    return all;
  }
  template <class Make>
  names read_whole(Make make_source) {
    auto all = read(make_source());
    std::ranges::sort(all);
    return all;
  }
};

TEST_F(shards_test, of_a_tree_have_each_name_once) {
  for (int n = 0; n < 60; ++n) tree_.write("base/d" + std::to_string(n % 7) + "/f" + std::to_string(n));
  tree_.write("base/.hidden"), tree_.write("base/x.tmp"), tree_.write("base/.d/in");
  fs::create_symlink("x", tree_ / "base/link");
  const auto tree = [&] { return source::directory(tree_ / "base"); };
  EXPECT_EQ(read_shards(tree), read_whole(tree)) << "what is skipped is counted by one of them, too";
}

TEST_F(shards_test, of_files_that_are_named_have_each_once) {
  std::vector<fs::path> paths;
  for (int n = 0; n < 30; ++n) paths.push_back(tree_.write("base/f" + std::to_string(n)));
  paths.push_back(tree_.write("base/x.tmp"));
  for (std::uint32_t k = 1; k <= of; ++k) {
    auto from = source::directories(paths);
    from.select.shard = shard{k, of};
  }
  const auto named = [&] { return source::directories(paths); };
  opened_source opened;
  fs::path failed;
  ASSERT_FALSE(open_source(named(), opened, failed));
  std::size_t seen = 0;
  for (std::uint32_t k = 1; k <= of; ++k) {
    auto from = named();
    from.select.shard = shard{k, of};
    selector_ = core::selector::compile(from.select).value();
    source_reader reader{ioc_.get_executor(), from, opened.roots, selector_, false, opened.named};
    loop::run(ioc_, [&]() -> awaitable<void> {
      while (const auto e = co_await reader.next(error_)) {
        EXPECT_EQ(shard_of(e->path, of), k) << e->path;
        ++seen;
      }
    });
  }
  EXPECT_EQ(seen, paths.size());
}

TEST_F(shards_test, of_a_list_have_each_name_once) {
  std::string text = "none\n.hidden\nd/../gone\n";
  for (int n = 0; n < 40; ++n) {
    tree_.write("base/f" + std::to_string(n));
    text += "./f" + std::to_string(n) + "\n";
  }
  const auto listed = [&] { return list(text); };
  EXPECT_EQ(read_shards(listed), read_whole(listed));
}

/// Two shards would each take the spelling that is theirs.
TEST_F(shards_test, of_a_list_take_the_first_spelling_of_a_file) {
  fs::create_directories(tree_ / "base/d");
  std::string text;
  for (int n = 0; n < 40; ++n) {
    const auto name = "f" + std::to_string(n);
    tree_.write("base/" + name);
    text += name + "\nd/../" + name + "\n";
  }
  int files = 0;
  for (const auto& name : read_shards([&] { return list(text); })) files += name.starts_with("(") ? 0 : 1;
  EXPECT_EQ(files, 40);
}

TEST_F(shards_test, of_a_range_and_of_an_order_have_each_name_once) {
  std::vector<fs::path> paths;
  for (int n = 0; n < 40; ++n) paths.push_back(tree_.write("base/f" + std::to_string(n)));
  const auto given = [&] { return source::paths(paths); };
  EXPECT_EQ(read_shards(given), read_whole(given));
  const auto ordered = [&] {
    auto from = source::directory(tree_ / "base");
    from.order = {order::by::size, true};
    return from;
  };
  EXPECT_EQ(read_shards(ordered), read_whole(ordered));
}

TEST_F(shards_test, count_their_own_files_for_the_most) {
  for (int n = 0; n < 40; ++n) tree_.write("base/f" + std::to_string(n));
  auto from = source::directory(tree_ / "base");
  from.select.shard = shard{2, of};
  from.select.max_files = 5;
  EXPECT_EQ(read(from).size(), 5u);
}

TEST_F(shards_test, hold_the_loop_no_longer_than_others) {
  std::vector<fs::path> none(300'000, "of/another/shard/with/a/path/of/some/length");
  auto from = source::paths(none);
  from.select.shard = shard{shard_of(none.front().native(), of) % of + 1, of};
  const auto longest = support::longest_turn([&](support::turn_clock& turns) {
    auto reader = make(from);
    bool done = false;
    loop::beside(ioc_, [&]() -> awaitable<void> {
      EXPECT_FALSE(co_await reader.next(error_));
      done = true;
    });
    ioc_.restart();
    while (!done) turns.measure([&] { ioc_.run_one(); });
  });
  EXPECT_LT(longest, support::turn_clock::most);
}

TEST_F(source_reader_test, a_manifest_has_what_is_special_of_each_file_and_lines_that_name_none) {
  tree_.write("base/a"), tree_.write("base/d/b");
  const auto from = source::manifest(
      tree_.write("manifest",
                  "{\"path\":\"a\",\"camera\":7}\n\nnonsense\n{\"path\":\"d/b\",\"form\":1}\n"
                  "{\"path\":\"a\"}\n{\"path\":\"../a\"}"),
      tree_ / "base");
  const auto found = entries(from);
  EXPECT_FALSE(error_) << error_.message();
  ASSERT_EQ(found.size(), 5u);
  for (const auto& e : found) ASSERT_TRUE(e.line);
  EXPECT_EQ(found[0].path, "a");
  EXPECT_EQ(found[0].line->words.members.at("camera"), "7");
  EXPECT_EQ(found[1].what, entry::kind::bad_line);
  EXPECT_EQ(found[1].line->number, 3u);
  EXPECT_EQ(found[1].line->problem, "is not JSON, from byte 2 on");
  EXPECT_EQ(found[2].path, "d/b");
  EXPECT_EQ(found[2].line->problem, "'form' is not an object of names and texts");
  EXPECT_EQ(found[3].path, "a") << "nothing is remembered of a line";
  EXPECT_EQ(found[3].what, entry::kind::file);
  EXPECT_TRUE(opens(found[0]));
  EXPECT_FALSE(opens(found[4])) << "it leads out of the base";
}

}  // namespace
}  // namespace sluice::io
