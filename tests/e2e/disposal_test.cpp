// What becomes of a file's name, and what must not.
#include "e2e/e2e.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
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

/// Tests in which something happens to `large.bin` between its opening and the reply.
class disturbed : public disposal {
 protected:
  /// Runs until the program has the file open, disturbs it, and waits for the end.
  outcome while_sending(const support::sink& to, const arguments& more,
                        const std::function<void()>& disturb) {
    support::process p{send_command(to, more)};
    const bool opened = p.wait_until([&] { return has_open(p.pid(), files / "large.bin"); });
    EXPECT_TRUE(opened) << p.err();
    disturb();
    return outcome_of(p);
  }

  static bool has_open(pid_t pid, const fs::path& file) {
    std::error_code ec;
    for (fs::directory_iterator it{fs::path{"/proc"} / std::to_string(pid) / "fd", ec}, end; !ec && it != end;
         it.increment(ec)) {
      std::error_code gone;
      if (fs::read_symlink(it->path(), gone) == file) return true;
    }
    return false;
  }

  /// The reply takes long enough for whatever is done to the file.
  static constexpr const char* slow = R"([{"delay_ms": 1500}])";
  const arguments deleting{"--on-success", "delete", "--retry", "0", "-v"};

  void expect_changed(const outcome& o) const {
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("changed"), 1u) << o.err;
    EXPECT_EQ(o.count("accepted") + o.count("deleted"), 0u);
    expect_adds_up(o);
  }
};

TEST_F(disturbed, file_that_grew_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  expect_changed(while_sending(to, deleting, [&] { support::append_to(files / "large.bin", "more"); }));
  EXPECT_EQ(fs::file_size(files / "large.bin"), 200'004u);
}

TEST_F(disturbed, file_rewritten_in_place_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  expect_changed(while_sending(to, deleting, [&] {
    const int fd = ::open((files / "large.bin").c_str(), O_WRONLY | O_CLOEXEC);
    EXPECT_EQ(::pwrite(fd, "y", 1, 100), 1);
    ::close(fd);
  }));
  EXPECT_EQ(fs::file_size(files / "large.bin"), 200'000u);
}

TEST_F(disturbed, file_that_was_replaced_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::write_file(room / "new", "new content");
  support::sink to{slow};
  expect_changed(while_sending(to, deleting, [&] { fs::rename(room / "new", files / "large.bin"); }));
  EXPECT_EQ(support::content_of(files / "large.bin"), "new content");
}

TEST_F(disturbed, link_that_took_the_name_is_kept) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  expect_changed(while_sending(to, deleting, [&] {
    fs::rename(files / "large.bin", room / "aside");
    fs::create_symlink(room / "aside", files / "large.bin");
  }));
  EXPECT_TRUE(fs::is_symlink(files / "large.bin"));
  EXPECT_TRUE(fs::exists(room / "aside"));
}

TEST_F(disturbed, file_that_is_gone_before_the_reply_harms_nothing) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  const auto o = while_sending(to, deleting, [&] { fs::remove(files / "large.bin"); });
  EXPECT_EQ(o.count("deleted"), 0u);
  expect_adds_up(o);
  EXPECT_THAT(names_with(to), testing::ElementsAre("large.bin"));
}

TEST_F(disturbed, file_that_was_truncated_is_not_padded) {
  files.add("large.bin", std::string(32u << 20, 'x'));
  support::sink to{R"([{"slow_read": {"bytes_per_s": 8000000}}])", {"--receive-buffer", "65536"}};
  expect_changed(while_sending(to, deleting, [&] { fs::resize_file(files / "large.bin", 1000); }));
  EXPECT_EQ(fs::file_size(files / "large.bin"), 1000u);
  EXPECT_THAT(names_with(to), IsEmpty());
}

// In keep mode as well: what was sent may be half of what is there now.
TEST_F(disturbed, change_is_told_in_keep_mode) {
  files.add("large.bin", std::string(200'000, 'x'));
  support::sink to{slow};
  expect_changed(while_sending(to, {"-v"}, [&] { support::append_to(files / "large.bin", "more"); }));
}

TEST_F(disposal, file_open_for_writing_elsewhere_waits) {
  files.add("done.jpg", "1");
  files.add("open.jpg", "2");
  const int writer = ::open((files / "open.jpg").c_str(), O_WRONLY | O_CLOEXEC);
  const int reader = ::open((files / "open.jpg").c_str(), O_RDONLY | O_CLOEXEC);
  const bool leases_work = ::fcntl(reader, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  ::close(reader);
  if (!leases_work) GTEST_SKIP() << "this file system cannot tell of writers";
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete", "-v"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(o.err, HasSubstr("another process has the file open for writing"));
  EXPECT_EQ(files.left(), (support::listing{{"open.jpg", support::sha256("2")}}));
  ::close(writer);
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(disposal, hard_link_is_left_under_its_other_name) {
  files.add("a.jpg", "shared");
  fs::create_hard_link(files / "a.jpg", room / "other-name");
  support::sink to;
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  EXPECT_THAT(files.left(), IsEmpty());
  EXPECT_EQ(support::content_of(room / "other-name"), "shared");
}

// Sending what cannot be taken away would send it again in every run.
TEST_F(disposal, source_that_cannot_be_written_is_told_before_anything_is_sent) {
  files.add("a.jpg", "1");
  fs::permissions(room.path(), fs::perms::all);
  ::chmod(files.root().c_str(), 0555);
  support::sink to{"[]", {"--http"}};
  auto c = send_command(to, {"--on-success", "delete"});
  c.as_nobody = true;
  const auto o = run(c);
  EXPECT_EQ(o.code, 3) << o.err;
  EXPECT_THAT(o.err, HasSubstr("Permission denied"));
  EXPECT_EQ(to.stop().at("connections"), 0);
  ::chmod(files.root().c_str(), 0755);
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
