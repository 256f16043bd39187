// Two thousand files whose names try to be something else, among links, fifos, sockets and empty files.
#include "e2e/e2e.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <set>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::UnorderedElementsAreArray;

/// Shapes of names; `#` becomes the file's number.
const std::vector<std::string> shapes{
    "plain-#.jpg",
    "with space #.jpg",
    "quote\"#\".jpg",
    "apostrophe'#.jpg",
    "cr\r#.jpg",
    "lf\n#.jpg",
    "crlf\r\nContent-Length: 0\r\n\r\n#.jpg",
    "crlf-part\r\n--boundary\r\n#.jpg",
    "back\\slash-#.jpg",
    "percent%22%0D%0A#.jpg",
    "semi;colon;filename=#.jpg",
    "latin1-\xe9\xe8\xff-#.jpg",
    "overlong-\xc0\xaf-surrogate-\xed\xa0\x80-#.jpg",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d-\xe2\x80\xae"
    "gpj.#",
    "-rf-#",
    "--on-success=keep-#",
    "#.",
    "tab\t#\x7f\x1b[2J.png",
    "{name}{{#}}.txt",
    "*?[#].gif",
    "emoji-\xf0\x9f\x90\x8b-#.webp",
};

std::string name_of(std::size_t i) {
  auto name = shapes[i % shapes.size()];
  name.replace(name.find('#'), 1, std::to_string(i));
  if (i % 50 == 7) name.insert(0, 255 - name.size(), 'L');
  return name;
}

std::string directory_of(std::size_t i) {
  static const std::vector<std::string> directories{
      "", "", "", "sub/", "sub/deep \"er\"\r\n/", "\xff/", "a/b/c/d/e/f/g/"};
  return directories[i % directories.size()];
}

void make_socket(const fs::path& at) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, at.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
}

class hostile_names : public test {
 protected:
  static constexpr std::size_t count = 2000;

  void add_hostile_files() {
    for (std::size_t i = 0; i < count; ++i) {
      // A few are empty, the others differ.
      const std::string bytes = i % 97 == 0 ? "" : "file " + std::to_string(i) + std::string(i % 300, '\0');
      files.add(directory_of(i) + name_of(i), bytes);
    }
  }

  /// Entries that are no files, and targets of links: none of them may be sent, opened or removed.
  void add_what_is_no_file() {
    fs::create_directories(room / "outside");
    support::write_file(room / "outside/secret", "not to be sent");
    fs::create_symlink(room / "outside/secret", files / "link-to-file.jpg");
    fs::create_symlink(room / "outside", files / "link-to-directory");
    fs::create_symlink(room / "nowhere", files / "dangling.jpg");
    fs::create_symlink("sub", files / "link-inside");
    ASSERT_EQ(::mkfifo((files / "fifo.jpg").c_str(), 0600), 0);
    make_socket(files / "socket.jpg");
  }
  static constexpr std::size_t no_files = 6;

  void expect_no_file_untouched() const {
    EXPECT_EQ(fs::read_symlink(files / "link-to-file.jpg"), room / "outside/secret");
    EXPECT_EQ(fs::read_symlink(files / "link-to-directory"), room / "outside");
    EXPECT_EQ(fs::read_symlink(files / "dangling.jpg"), room / "nowhere");
    EXPECT_EQ(fs::read_symlink(files / "link-inside"), "sub");
    EXPECT_TRUE(fs::is_fifo(files / "fifo.jpg"));
    EXPECT_TRUE(fs::is_socket(files / "socket.jpg"));
    EXPECT_EQ(support::content_of(room / "outside/secret"), "not to be sent");
  }
};

TEST_F(hostile_names, are_drained_and_nothing_else_is_touched) {
  add_hostile_files();
  add_what_is_no_file();
  ASSERT_EQ(files.originals().size(), count);
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete", "-F", "path={path}"});

  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(files.left(), support::listing{});
  expect_no_file_untouched();
  EXPECT_TRUE(fs::is_directory(files / "a/b/c/d/e/f/g")) << "directories stay";

  std::vector<std::string> sent, received;
  for (const auto& [name, digest] : files.originals()) sent.push_back(digest);
  for (const auto& r : to.ledger()) {
    EXPECT_EQ(r.verdict, "accepted") << r.line;
    received.push_back(r.sha256);
  }
  EXPECT_THAT(received, UnorderedElementsAreArray(sent));

  expect_adds_up(o);
  EXPECT_EQ(o.count("accepted"), count);
  EXPECT_EQ(o.count("deleted"), count);
  EXPECT_EQ(o.count("skipped"), no_files);
  EXPECT_EQ(o.count("attempts"), to.ledger().size());
  EXPECT_EQ(o.count("unknown_outcomes"), 0u);
}

TEST_F(hostile_names, arrive_as_they_are_written) {
  std::set<std::string> expected;
  for (std::size_t i = 0; i < 200; ++i) {
    files.add(name_of(i), std::to_string(i));
    // WHATWG's escapes cannot be told from a name that has them already; the others are exact.
    if (name_of(i).find("%22") == std::string::npos) expected.insert(name_of(i));
  }
  support::sink to;
  EXPECT_EQ(drain(to).code, 0);
  const auto names = names_with(to);
  EXPECT_EQ(names.size(), 200u);
  for (const auto& name : expected) EXPECT_THAT(names, Contains(name));
}

TEST_F(hostile_names, cannot_write_to_a_terminal_or_begin_a_line) {
  for (std::size_t i = 0; i < shapes.size(); ++i) files.add(name_of(i), std::to_string(i));
  support::sink to;
  const auto o = drain(to, {"-v"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(o.err.find('\r'), std::string::npos);
  for (const auto& line : support::lines_of(o.err))
    EXPECT_TRUE(line.starts_with("sluice: ") || line.starts_with("20")) << line;
}

TEST_F(hostile_names, do_not_stop_a_dry_run) {
  for (std::size_t i = 0; i < shapes.size(); ++i) files.add(name_of(i), std::to_string(i));
  support::sink to;
  const auto o = drain(to, {"--dry-run"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(support::lines_of(o.out).size(), shapes.size()) << o.out;
  EXPECT_EQ(to.stop().at("connections"), 0);
}

}  // namespace
}  // namespace e2e
