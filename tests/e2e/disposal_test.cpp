// The fates of a file's name, and the removals that must not happen.
#include "e2e/e2e.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class disposal : public test {
 protected:
  fs::path make_directory(const std::string& name) const {
    fs::create_directories(room / name);
    return room / name;
  }
};

TEST_F(disposal, is_keep_unless_asked_otherwise) {
  files.add_many(5, 100);
  support::sink to;
  const auto o = drain(to);
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("accepted"), 5u);
  EXPECT_EQ(o.count("deleted") + o.count("moved"), 0u);
  expect_all_kept();
}

TEST_F(disposal, move_keeps_the_tree) {
  files.add("a.jpg", "1");
  files.add("x/y/b.jpg", "2");
  const auto done = make_directory("done");
  support::sink to;
  const auto o = drain(to, {"--on-success", "move=" + done.string()});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("moved"), 2u);
  EXPECT_THAT(files.left(), IsEmpty());
  EXPECT_EQ(support::files_below(done), files.originals());
}

TEST_F(disposal, move_replaces_nothing) {
  const auto done = make_directory("done");
  support::write_file(done / "a.jpg", "old");
  files.add("a.jpg", "new");
  support::sink to;
  EXPECT_EQ(drain(to, {"--on-success", "move=" + done.string()}).code, 0);
  files.add("a.jpg", "newer");
  EXPECT_EQ(drain(to, {"--on-success", "move=" + done.string()}).code, 0);
  const auto moved = support::files_below(done);
  EXPECT_THAT(moved, SizeIs(3));
  EXPECT_EQ(moved.at("a.jpg"), support::sha256("old"));
  std::set<std::string> digests;
  for (const auto& [name, digest] : moved) {
    digests.insert(digest);
    EXPECT_TRUE(name.starts_with("a.") && name.ends_with(".jpg")) << name;
  }
  EXPECT_THAT(digests, testing::UnorderedElementsAre(support::sha256("old"), support::sha256("new"),
                                                     support::sha256("newer")));
}

TEST_F(disposal, moves_what_the_server_refused_and_nothing_else) {
  files.add("bad.jpg", "1");
  files.add("later.jpg", "2");
  files.add("good.jpg", "3");
  const auto refused = make_directory("refused");
  support::sink to{
      R"([{"match": {"name": "bad*"}, "status": 422}, {"match": {"name": "later*"}, "status": 503}])"};
  const auto o =
      drain(to, {"--on-success", "delete", "--on-reject", "move=" + refused.string(), "--retry", "0"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("rejected"), 1u);
  EXPECT_EQ(o.count("moved"), 1u);
  EXPECT_EQ(o.count("deleted"), 1u);
  EXPECT_EQ(support::files_below(refused), (support::listing{{"bad.jpg", support::sha256("1")}}));
  EXPECT_EQ(files.left(), (support::listing{{"later.jpg", support::sha256("2")}}));
}

// 401 says nothing of the file.
TEST_F(disposal, does_not_move_files_when_the_server_refuses_us) {
  files.add_many(20, 100);
  const auto refused = make_directory("refused");
  support::sink to{R"([{"status": 401}])"};
  EXPECT_EQ(drain(to, {"--on-reject", "move=" + refused.string()}).code, 7);
  EXPECT_THAT(support::files_below(refused), IsEmpty());
  expect_all_kept();
}

TEST_F(disposal, move_into_the_source_is_refused) {
  files.add("a.jpg", "1");
  fs::create_directories(files / "done");
  fs::create_directory_symlink(files / "done", room / "looks-outside");
  support::sink to;
  for (const auto* option : {"--on-success", "--on-reject"})
    for (const auto& target : {files / "done", files.root(), room / "looks-outside"}) {
      const auto o = drain(to, {option, "move=" + target.string()});
      EXPECT_EQ(o.code, 2) << target;
      EXPECT_THAT(o.err, AllOf(HasSubstr(option), HasSubstr("is inside the source")));
    }
  expect_all_kept();
  EXPECT_EQ(to.stop().at("connections"), 0);
}

/// A directory on another file system than `here`, where this machine has one that can be written to.
std::optional<fs::path> other_file_system(const fs::path& here) {
  struct stat ours{};
  if (::stat(here.c_str(), &ours) != 0) return std::nullopt;
  for (const auto* candidate : {"/dev/shm", "/run", "/var/tmp", "/tmp", "."}) {
    struct stat st{};
    if (::stat(candidate, &st) == 0 && st.st_dev != ours.st_dev && ::access(candidate, W_OK | X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

TEST_F(disposal, move_to_another_file_system_is_refused) {
  const auto elsewhere = other_file_system(room.path());
  if (!elsewhere) GTEST_SKIP() << "this machine has one writable file system only";
  files.add("a.jpg", "1");
  support::sink to;
  for (const auto* option : {"--on-success", "--on-reject"}) {
    const auto o = drain(to, {option, "move=" + elsewhere->string()});
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err,
                AllOf(HasSubstr(option), HasSubstr("another file system"), HasSubstr("choose a directory")));
    EXPECT_THAT(support::lines_of(o.err), SizeIs(1));
  }
  expect_all_kept();
  EXPECT_EQ(to.stop().at("connections"), 0);
}

}  // namespace
}  // namespace e2e
