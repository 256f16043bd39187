#include "io/sources/directory_walker.hpp"

#include "refused_call.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <set>

namespace sluice::io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::string told(const entry& e) {
  switch (e.what) {
    case entry::kind::file:
      return e.path + (e.why ? ": " + e.why.message() : "");
    case entry::kind::skipped:
      return e.path + (e.why == errc::not_selected         ? " (not selected)"
                       : e.why == errc::not_a_regular_file ? " (not regular)"
                                                           : " (?)");
    case entry::kind::unreadable_directory:
      return e.path + " unreadable: " + std::to_string(e.why.value());
    case entry::kind::bad_line:
      break;
  }
  return "?";
}

/// A walk that a test goes step by step.
class walk {
 public:
  explicit walk(const fs::path& root, const selection& rules = {}, bool stat_all = false)
      : selector_{core::selector::compile(rules).value()}, walker_{open(root), selector_, stat_all} {}

  std::optional<entry> next() {
    while (!walker_.has_ended())
      if (auto e = walker_.next(now)) return e;
    return std::nullopt;
  }
  std::vector<std::string> rest() {
    std::vector<std::string> all;
    while (const auto e = next()) all.push_back(told(*e));
    return all;
  }

  core::wall_time now = std::chrono::system_clock::now();

 private:
  static std::shared_ptr<const directory> open(const fs::path& root) {
    error_code ec;
    auto dir = directory::open(root, ec);
    EXPECT_TRUE(dir) << ec.message();
    return dir;
  }
  core::selector selector_;
  directory_walker walker_;
};

std::vector<std::string> walked(const fs::path& root, const selection& rules = {}) {
  return walk{root, rules}.rest();
}

std::string unreadable(const std::string& path, int error) {
  return path + " unreadable: " + std::to_string(error);
}

TEST(directory_walker_test, names_every_file_below_the_root_once) {
  const loop::scratch root;
  EXPECT_THAT(walked(root.path()), IsEmpty());
  for (const auto name : {"a", "b c", "d/e", "d/f/g/h", "i/j"}) root.write(name);
  fs::create_directories(root / "empty/too");
  EXPECT_THAT(walked(root.path()), UnorderedElementsAre("a", "b c", "d/e", "d/f/g/h", "i/j"));
}

TEST(directory_walker_test, an_entry_has_its_root_and_no_more_than_was_asked_for) {
  const loop::scratch root;
  root.write("d/file", "12345");
  walk plain{root.path()};
  const auto e = plain.next();
  ASSERT_TRUE(e);
  EXPECT_EQ(e->root->path(), root.path());
  EXPECT_FALSE(e->identity) << "no stat when nobody needs one";
  EXPECT_FALSE(plain.next());
  EXPECT_FALSE(plain.next()) << "an end stays one";
  const auto known = walk{root.path(), {}, true}.next();
  ASSERT_TRUE(known && known->identity);
  EXPECT_EQ(known->identity->size, 5u);
}

TEST(directory_walker_test, only_regular_files_are_files) {
  const loop::scratch root, outside;
  outside.write("secret");
  root.write("d/file");
  fs::create_symlink("file", root / "d/link");
  fs::create_symlink("nowhere", root / "d/dangling");
  fs::create_directory_symlink(outside.path(), root / "d/out");
  fs::create_directory_symlink("..", root / "d/up");
  ASSERT_EQ(::mkfifo((root / "d/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((root / "d/socket").c_str(), S_IFSOCK | 0600, 0), 0);
  for (const bool with_stat : {false, true})
    EXPECT_THAT((walk{root.path(), {}, with_stat}.rest()),
                UnorderedElementsAre("d/file", "d/link (not regular)", "d/dangling (not regular)",
                                     "d/out (not regular)", "d/up (not regular)", "d/fifo (not regular)",
                                     "d/socket (not regular)"));
}

TEST(directory_walker_test, five_thousand_entries_and_names_of_any_bytes) {
  const loop::scratch root;
  std::set<std::string> names{"\xff\xfe", "a\nb", "\"quoted\"; %",
                              "\xe2\x80\xae"
                              "evil",
                              std::string(255, 'n')};
  for (int i = 0; i < 5000; ++i) names.insert("a name that fills the buffer sooner " + std::to_string(i));
  for (const auto& name : names) root.write(name, "");
  const auto seen = walked(root.path());
  EXPECT_EQ(seen.size(), names.size());
  EXPECT_EQ(std::set(seen.begin(), seen.end()), names);
}

TEST(directory_walker_test, reads_no_further_than_it_is_asked) {
  const loop::scratch root;
  fs::create_directory(root / "d");
  walk w{root.path()};
  root.write("d/e/late");
  EXPECT_THAT(w.rest(), ElementsAre("d/e/late"));
}

TEST(directory_walker_test, what_is_too_deep_is_told_and_not_entered) {
  const loop::scratch root;
  fs::path deep;
  for (std::size_t depth = 1; depth < directory_walker::max_depth; ++depth) deep /= "d";
  root.write(deep / "deepest");
  root.write(deep / "over/unseen");
  EXPECT_THAT(walked(root.path()),
              UnorderedElementsAre((deep / "deepest").string(), unreadable((deep / "over").string(), ELOOP)));
}

TEST(directory_walker_test, hidden_and_unfinished_names_are_left_out) {
  const loop::scratch root;
  for (const auto name : {"a", ".hidden", "b.tmp", "c.part", ".git/config", "d/.e/f"}) root.write(name);
  EXPECT_THAT(walked(root.path()),
              UnorderedElementsAre("a", ".hidden (not selected)", "b.tmp (not selected)",
                                   "c.part (not selected)", ".git (not selected)", "d/.e (not selected)"));
  selection rules;
  rules.include = {"*.tmp", ".git/**"};
  EXPECT_THAT(walked(root.path(), rules),
              UnorderedElementsAre("a (not selected)", ".hidden (not selected)", "b.tmp",
                                   "c.part (not selected)", ".git/config", "d/.e (not selected)"));
}

TEST(directory_walker_test, enters_no_directory_that_has_nothing_wanted) {
  const loop::scratch root;
  for (const auto name : {"a", "out/b", "out/c/d", "in/e", "in/f/g"}) root.write(name);
  selection rules;
  rules.exclude = {"out/**"};
  EXPECT_THAT(walked(root.path(), rules), UnorderedElementsAre("a", "out (not selected)", "in/e", "in/f/g"));
  rules = {};
  rules.include = {"in/*"};
  EXPECT_THAT(walked(root.path(), rules),
              UnorderedElementsAre("a (not selected)", "out (not selected)", "in/e", "in/f (not selected)"));
  rules = {};
  rules.max_depth = 2;
  EXPECT_THAT(walked(root.path(), rules),
              UnorderedElementsAre("a", "out/b", "out/c (not selected)", "in/e", "in/f (not selected)"));
}

TEST(directory_walker_test, size_and_age_rules_look_at_the_file) {
  using namespace std::chrono_literals;
  const loop::scratch root;
  root.write("small", "1"), root.write("middle", "12345"), root.write("big", "1234567890");
  selection rules;
  rules.min_size = 2, rules.max_size = 5;
  EXPECT_THAT(walked(root.path(), rules),
              UnorderedElementsAre("small (not selected)", "middle", "big (not selected)"));
  rules = {};
  rules.min_age = 60s;
  walk young{root.path(), rules};
  EXPECT_THAT(young.rest(),
              UnorderedElementsAre("small (not selected)", "middle (not selected)", "big (not selected)"));
  walk later{root.path(), rules};
  later.now += 120s;
  EXPECT_THAT(later.rest(), UnorderedElementsAre("small", "middle", "big"));
}

TEST(directory_walker_test, a_root_that_was_removed_is_unreadable) {
  const loop::scratch tree;
  fs::create_directory(tree / "root");
  walk w{tree / "root"};
  fs::remove(tree / "root");
  EXPECT_THAT(w.rest(), ElementsAre(unreadable(".", ENOENT)));
}

TEST(directory_walker_test, an_unreadable_directory_does_not_end_the_walk) {
  const loop::scratch root;
  for (const auto name : {"a", "d/x", "e/y", "f"}) root.write(name);
  apart([&] {
    walk w{root.path()};
    if (!refuse({SYS_openat2, EACCES})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_THAT(w.rest(), UnorderedElementsAre("a", "f", unreadable("d", EACCES), unreadable("e", EACCES)));
  });
}

TEST(directory_walker_test, a_disk_that_cannot_be_read_is_told_once_a_directory) {
  const loop::scratch root;
  for (const auto name : {"d/x", "d/y"}) root.write(name);
  apart([&] {
    walk w{root.path()};
    walk inside{root / "d"};
    EXPECT_TRUE(inside.next());
    if (!refuse({SYS_getdents64, EIO})) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_THAT(w.rest(), ElementsAre(unreadable(".", EIO)));
    EXPECT_EQ(inside.rest().back(), unreadable(".", EIO)) << "and what was read before is not lost";
  });
}

/// Two directories with a file each: the walk is in one of them, the other is listed and not entered yet.
class two_directories {
 public:
  explicit two_directories(const loop::scratch& tree) : root_{tree / "root"} {
    tree.write("root/d/x"), tree.write("root/e/x");
    walk_.emplace(root_);
    const auto first = walk_->next();
    other_ = first && first->path == "d/x" ? "e" : "d";
  }
  fs::path other() const { return root_ / other_; }
  std::string other_name() const { return other_; }
  std::vector<std::string> rest() { return walk_->rest(); }

 private:
  fs::path root_;
  std::optional<walk> walk_;
  std::string other_;
};

TEST(directory_walker_test, a_directory_removed_before_its_turn_is_no_trouble) {
  const loop::scratch tree;
  two_directories w{tree};
  fs::remove_all(w.other());
  EXPECT_THAT(w.rest(), IsEmpty());
}

TEST(directory_walker_test, a_directory_that_became_a_link_is_not_entered) {
  const loop::scratch tree;
  tree.write("outside/secret");
  two_directories w{tree};
  fs::remove_all(w.other());
  fs::create_directory_symlink("../outside", w.other());
  EXPECT_THAT(w.rest(), ElementsAre(unreadable(w.other_name(), ELOOP)));
}

// The run removes a sent file, and a program that watches the folder removes it when it is empty: no error of
// the walk.
TEST(directory_walker_test, a_directory_removed_while_it_is_read_is_no_trouble) {
  const loop::scratch root;
  for (int i = 0; i < 2000; ++i) root.write("d/a name that fills the buffer sooner " + std::to_string(i));
  walk w{root.path()};
  ASSERT_TRUE(w.next());
  fs::remove_all(root / "d");
  for (const auto& line : w.rest()) EXPECT_TRUE(line.starts_with("d/a name")) << line;
}

TEST(directory_walker_test, a_file_removed_before_its_stat_is_not_named) {
  const loop::scratch root;
  for (const auto name : {"x", "y", "z"}) root.write(name);
  walk w{root.path(), {}, true};
  const auto first = w.next();
  ASSERT_TRUE(first);
  for (const auto name : {"x", "y", "z"}) fs::remove(root / name);
  EXPECT_THAT(w.rest(), IsEmpty());
}

}  // namespace
}  // namespace sluice::io
