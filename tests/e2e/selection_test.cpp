// The files that are sent, and their order.
#include "e2e/e2e.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

class selection : public test {
 protected:
  selection() {
    add("a.jpg", 10, 240h);
    add("b.png", 2000, 1h);
    add("c.txt", 0, 0h);
    add("sub/d.jpg", 5000, 30h);
    add("sub/deep/e.jpg", 20, 2h);
    add(".hidden.jpg", 30, 1h);
    add(".dir/in.jpg", 40, 1h);
    add("writing.tmp", 50, 1h);
    add("writing.jpg.part", 60, 1h);
  }

  void add(const std::string& name, std::size_t size, std::chrono::hours age) {
    files.add(name, std::string(size, name[0]));
    fs::last_write_time(files / name, fs::file_time_type::clock::now() - age);
  }

  /// Paths in the order they came.
  static std::vector<std::string> paths(const support::sink& to) {
    std::vector<std::string> all;
    for (const auto& r : to.ledger()) all.push_back(r.field("path"));
    return all;
  }

  outcome send(const support::sink& to, arguments options) const {
    options.insert(options.end(), {"-F", "path={path}"});
    return drain(to, options);
  }
  /// Sends the list of `options` without a SOURCE.
  outcome send_list(const support::sink& to, const arguments& options, const std::string& input = {}) const {
    arguments all{"send", to.url(), "--cacert", to.ca(), "-F", "path={path}", "--summary", room / "summary"};
    all.insert(all.end(), options.begin(), options.end());
    auto c = sluice(all);
    c.input = input;
    c.directory = files.root();
    return run(c);
  }
};

struct choice {
  const char* name;
  arguments options;
  std::vector<std::string> expected;
};
void PrintTo(const choice& c, std::ostream* out) { *out << c.name; }

class selects : public selection, public testing::WithParamInterface<choice> {};

TEST_P(selects, what_is_asked_for_and_nothing_else) {
  support::sink to;
  auto options = GetParam().options;
  options.insert(options.end(), {"--on-success", "delete"});
  const auto o = send(to, options);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(paths(to), UnorderedElementsAreArray(GetParam().expected));
  expect_adds_up(o);
  EXPECT_EQ(o.count("accepted"), GetParam().expected.size());
  auto left = files.originals();
  for (const auto& path : GetParam().expected) left.erase(path);
  EXPECT_EQ(files.left(), left);
}

INSTANTIATE_TEST_SUITE_P(
    selection, selects,
    testing::Values(
        choice{"everything_that_is_finished", {}, {"a.jpg", "b.png", "c.txt", "sub/d.jpg", "sub/deep/e.jpg"}},
        choice{"include", {"--include", "*.jpg"}, {"a.jpg", ".hidden.jpg", "sub/d.jpg", "sub/deep/e.jpg"}},
        choice{"include_twice", {"--include", "*.png", "--include", "*.txt"}, {"b.png", "c.txt"}},
        choice{"include_alternatives", {"--include", "*.{png,txt}"}, {"b.png", "c.txt"}},
        choice{"include_unfinished", {"--include", "*.part"}, {"writing.jpg.part"}},
        choice{"include_temporary", {"--include", "*.tmp"}, {"writing.tmp"}},
        choice{"include_hidden_directory", {"--include", ".dir/**"}, {".dir/in.jpg"}},
        choice{"include_from_the_root", {"--include", "/*.jpg"}, {"a.jpg", ".hidden.jpg"}},
        choice{"include_below", {"--include", "sub/**"}, {"sub/d.jpg", "sub/deep/e.jpg"}},
        choice{"include_in_one_directory", {"--include", "sub/*"}, {"sub/d.jpg"}},
        choice{"include_class", {"--include", "[ab].*"}, {"a.jpg", "b.png"}},
        choice{"include_question_mark", {"--include", "?.txt"}, {"c.txt"}},
        choice{"exclude", {"--exclude", "*.jpg"}, {"b.png", "c.txt"}},
        choice{"exclude_wins", {"--include", "*.jpg", "--exclude", "sub/**", "--exclude", ".*"}, {"a.jpg"}},
        choice{"exclude_directory", {"--exclude", "sub/deep/"}, {"a.jpg", "b.png", "c.txt", "sub/d.jpg"}},
        choice{"min_size", {"--min-size", "1k"}, {"b.png", "sub/d.jpg"}},
        choice{"max_size", {"--max-size", "20"}, {"a.jpg", "c.txt", "sub/deep/e.jpg"}},
        choice{"sizes_are_inclusive", {"--min-size", "2000", "--max-size", "2000"}, {"b.png"}},
        choice{"only_empty", {"--max-size", "0"}, {"c.txt"}},
        choice{"min_age", {"--min-age", "1d"}, {"a.jpg", "sub/d.jpg"}},
        choice{"max_age", {"--max-age", "90m"}, {"b.png", "c.txt"}},
        choice{"ages", {"--min-age", "90m", "--max-age", "2d"}, {"sub/d.jpg", "sub/deep/e.jpg"}},
        choice{"depth_1", {"--max-depth", "1"}, {"a.jpg", "b.png", "c.txt"}},
        choice{"depth_2", {"--max-depth", "2"}, {"a.jpg", "b.png", "c.txt", "sub/d.jpg"}},
        choice{"nothing", {"--include", "*.nothing"}, {}}),
    [](const auto& test) { return test.param.name; });

TEST_F(selection, stops_after_max_files) {
  support::sink to;
  const auto o = send(to, {"--max-files", "2", "--order-by", "name"});
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(paths(to), testing::UnorderedElementsAre("a.jpg", "b.png"));
}

TEST_F(selection, keeps_the_order_asked_for) {
  const auto order = [&](const char* by) {
    support::sink to;
    EXPECT_EQ(send(to, {"-w", "1", "--order-by", by}).code, 0);
    return paths(to);
  };
  std::this_thread::sleep_for(60ms);  // an empty file that was just made would come later than its turn
  EXPECT_THAT(order("name"), ElementsAre("a.jpg", "b.png", "c.txt", "sub/d.jpg", "sub/deep/e.jpg"));
  EXPECT_THAT(order("name,desc"), ElementsAre("sub/deep/e.jpg", "sub/d.jpg", "c.txt", "b.png", "a.jpg"));
  EXPECT_THAT(order("size"), ElementsAre("c.txt", "a.jpg", "sub/deep/e.jpg", "b.png", "sub/d.jpg"));
  EXPECT_THAT(order("size,desc"), ElementsAre("sub/d.jpg", "b.png", "sub/deep/e.jpg", "a.jpg", "c.txt"));
  EXPECT_THAT(order("mtime"), ElementsAre("a.jpg", "sub/d.jpg", "sub/deep/e.jpg", "b.png", "c.txt"));
}

TEST_F(selection, dry_run_lists_and_sends_nothing) {
  support::sink to;
  const auto o =
      send(to, {"--dry-run", "--on-success", "delete", "--include", "*.jpg", "--order-by", "name"});
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(support::lines_of(o.out), ElementsAre(".hidden.jpg", "a.jpg", "sub/d.jpg", "sub/deep/e.jpg"));
  expect_all_kept();
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(selection, dry_run_does_not_need_the_endpoint) {
  const auto o = run(send_command("https://no-such-host.invalid/x", {"-n"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(support::lines_of(o.out).size(), 5u);
}

TEST_F(selection, list_is_relative_to_the_source) {
  support::write_file(room / "list",
                      "a.jpg\nsub/d.jpg\n./b.png\n\n" + (files / "c.txt").string() + "\nmissing.jpg\nsub");
  support::sink to;
  const auto o = send(to, {"--files-from", room / "list", "--on-success", "delete"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(paths(to), testing::UnorderedElementsAre("a.jpg", "sub/d.jpg", "b.png", "c.txt"));
  EXPECT_EQ(o.count("missing"), 1u);
  EXPECT_EQ(o.count("skipped"), 1u) << "a directory is not a regular file";
  expect_adds_up(o);
  EXPECT_FALSE(fs::exists(files / "sub/d.jpg"));
}

TEST_F(selection, list_cannot_lead_out_of_the_source) {
  support::write_file(room / "outside.jpg", "not to be sent");
  fs::create_symlink(room.path(), files / "way-out");
  fs::create_symlink(room / "outside.jpg", files / "link.jpg");
  const auto names = "../outside.jpg\nsub/../../outside.jpg\nway-out/outside.jpg\nlink.jpg\n" +
                     (room / "outside.jpg").string() + "\n";
  support::write_file(room / "list", names);
  support::sink to;
  const auto o = send(to, {"--files-from", room / "list", "--on-success", "delete"});
  EXPECT_THAT(to.ledger(), IsEmpty());
  EXPECT_EQ(o.count("accepted"), 0u);
  expect_adds_up(o);
  EXPECT_EQ(support::content_of(room / "outside.jpg"), "not to be sent");
}

TEST_F(selection, list_comes_from_standard_input) {
  support::sink to;
  auto c = send_command(to, {"--files-from", "-", "-F", "path={path}"});
  c.input = "a.jpg\nsub/deep/e.jpg";
  EXPECT_EQ(run(c).code, 0);
  EXPECT_THAT(paths(to), testing::UnorderedElementsAre("a.jpg", "sub/deep/e.jpg"));
}

TEST_F(selection, list_without_a_source_takes_any_path) {
  support::write_file(room / "elsewhere.jpg", "x");
  support::sink to;
  const auto o = send_list(to, {"--files-from", "-", "--on-success", "delete"},
                           "a.jpg\n" + (room / "elsewhere.jpg").string() + "\n");
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("a.jpg", "elsewhere.jpg"));
  EXPECT_FALSE(fs::exists(files / "a.jpg"));
  EXPECT_FALSE(fs::exists(room / "elsewhere.jpg"));
}

TEST_F(selection, list_ended_by_nul_takes_any_name) {
  files.add("two\nlines.jpg", "x");
  support::write_file(room / "list", std::string{"two\nlines.jpg\0a.jpg\0", 20});
  support::sink to;
  EXPECT_EQ(send(to, {"--files-from0", room / "list"}).code, 0);
  EXPECT_THAT(names_with(to), ElementsAre("a.jpg", "two\nlines.jpg"));
}

TEST_F(selection, list_goes_through_the_filters) {
  support::write_file(room / "list", "a.jpg\nb.png\nsub/d.jpg\nwriting.tmp\n");
  support::sink to;
  EXPECT_EQ(send(to, {"--files-from", room / "list", "--include", "*.jpg", "--max-size", "100"}).code, 0);
  EXPECT_THAT(paths(to), ElementsAre("a.jpg"));
}

TEST_F(selection, list_that_is_missing_is_a_source_that_cannot_be_read) {
  support::sink to;
  const auto o = send(to, {"--files-from", room / "nothing"});
  EXPECT_EQ(o.code, 3) << o.err;
  EXPECT_THAT(o.err, HasSubstr("nothing': No such file"));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

// A file that cannot be opened is no reason to leave the others.
TEST_F(selection, unreadable_file_and_directory_are_told_and_the_rest_is_sent) {
  files.add("locked/inside.jpg", "x");
  fs::permissions(room.path(), fs::perms::all);
  for (const auto& e : fs::recursive_directory_iterator{files.root()})
    ::chmod(e.path().c_str(), e.is_directory() ? 0777 : 0666);
  ::chmod((files / "b.png").c_str(), 0);
  ::chmod((files / "locked").c_str(), 0);
  support::sink to{"[]", {"--http"}};
  auto c = send_command(to, {"-v", "--settle", "500ms", "--include", "*.{jpg,png}", "--exclude", ".*"});
  c.as_nobody = true;
  const auto o = run(c);
  ::chmod((files / "locked").c_str(), 0777);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("accepted"), 3u);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_EQ(o.count("unreadable_dirs"), 1u);
  EXPECT_THAT(o.err, HasSubstr("deferred - b.png  (Permission denied)"));
  EXPECT_THAT(o.err, HasSubstr("'locked': Permission denied"));
}

}  // namespace
}  // namespace e2e
