// Sources that must not be drained: a person's home, and the files of the program itself.
#include "e2e/e2e.hpp"

#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class own_files : public test {
 protected:
  own_files() { files.add_many(2, 10); }

  void expect_refused(const support::command& c, const std::string& what) const {
    const auto before = files.left();
    const auto o = run(c);
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(support::lines_of(o.err),
                ElementsAre(AllOf(HasSubstr(what), HasSubstr(files.root().string()))));
    EXPECT_EQ(files.left(), before);
  }
  fs::path inside(const std::string& text) const {
    const auto file = files / "sub" / "own";
    fs::create_directories(file.parent_path());
    support::write_file(file, text);
    return file;
  }
  const std::string url_ = "https://127.0.0.1:9/upload";
};

TEST_F(own_files, inside_the_source_are_neither_sent_nor_removed) {
  const std::string why = "is inside the source";
  expect_refused(send_command(url_, {"-K", inside(R"({"window": 2})")}), why);
  expect_refused(send_command(url_, {"-K", inside(R"({"header": "x: y"})")}), why);
  const auto header = "@" + inside("x: y\n").string();
  expect_refused(send_command(url_, {"-H", header}), why);
  expect_refused(send_command(url_, {"-H", header, "-H", header}), why);
  expect_refused(send_command(url_, {"--summary", inside("")}), why);
  expect_refused(send_command(url_, {"--cacert", inside(support::content_of(TEST_CERTIFICATES "/ca.pem"))}),
                 why);
}

/// An output empties or lengthens its file, so no other file of the run may be it.
TEST_F(own_files, that_are_written_are_no_other_file_of_the_run) {
  const auto list = (room / "list").string();
  support::write_file(list, "f0\n");
  const auto login = (room / "login").string();
  support::write_file(login, "me:pw\n");
  const auto settings = (room / "settings").string();
  support::write_file(settings, R"({"window": 2})");
  const auto ca = (room / "ca").string();
  support::write_file(ca, support::content_of(TEST_CERTIFICATES "/ca.pem"));
  fs::permissions(login, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("login", room / "link");
  fs::create_hard_link(list, room / "second-name");
  const auto at = [&](const std::string& name) { return (room / name).string(); };
  const struct {
    arguments words;
    const char* says;
  } table[] = {
      {{"send", files.root(), url_, "--trace", at("settings"), "-K", settings}, "--trace: '"},
      {{"send", files.root(), url_, "--trace", at("./ca"), "--cacert", ca}, "also the file of --cacert"},
      {{"send", files.root(), url_, "--keylog", at("link"), "-u", "@" + login}, "also the file of --user"},
      {{"send", files.root(), url_, "--joblog", at("link"), "--token-command", "x", "-H", "@" + login},
       "also the file of --header"},
      {{"send", files.root(), url_, "--joblog", at("second-name"), "--files-from", list},
       "also the file of --files-from"},
      {{"send", files.root(), url_, "--summary", at("new"), "--joblog",
        at("../" + room.path().filename().string() + "/new")},
       "also the file of --joblog"},
      {{"send", files / "f-00001.bin", url_, "--summary", files / "f-00001.bin"}, "named as a source"},
      {{"send", files / "f-00001.bin", url_, "--trace", files / "f-00001.bin"}, "named as a source"},
      {{"watch", files.root(), url_, "--joblog", at("ca"), "--cacert", ca}, "also the file of --cacert"},
      {{"bench", url_, "--json", at("settings"), "-K", settings}, "--json: '"},
      {{"bench", url_, "--html", at("new"), "--json", at("./new")}, "also the file of"},
  };
  for (const auto& [words, says] : table) {
    const auto o = run(sluice(words));
    EXPECT_EQ(o.code, 2) << says;
    EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr(says)));
  }
  EXPECT_EQ(support::content_of(list), "f0\n");
  EXPECT_EQ(support::content_of(login), "me:pw\n");
  EXPECT_EQ(support::content_of(settings), R"({"window": 2})");
  EXPECT_EQ(support::content_of(ca), support::content_of(TEST_CERTIFICATES "/ca.pem"));
  EXPECT_FALSE(fs::exists(room / "new"));
  expect_all_kept();
}

TEST_F(own_files, that_are_devices_may_be_shared) {
  support::sink to;
  const auto o = drain(to, {"--joblog", "/dev/null", "--trace", "/dev/null", "-q"});
  EXPECT_EQ(o.code, 0) << o.err;
}

TEST_F(own_files, home_is_no_source) {
  for (const auto& home : {files.root(), files.root() / ".", fs::path{room / "link"}}) {
    if (home == room / "link") fs::create_directory_symlink(files.root(), home);
    auto c = send_command(url_, {});
    c.environment = {"HOME=" + home.string()};
    expect_refused(c, "is your home directory");
  }
}

TEST_F(own_files, what_is_in_the_home_or_listed_is_meant) {
  support::sink to;
  auto walk = send_command(to, {});
  walk.environment = {"HOME=" + room.path().string()};
  EXPECT_EQ(run(walk).code, 0);
  support::write_file(room / "names", "f-00001.bin\n");
  auto list = send_command(to, {"--files-from", room / "names"});
  list.environment = {"HOME=" + files.root().string()};
  EXPECT_EQ(run(list).code, 0);
  EXPECT_EQ(to.ledger().size(), 3u);
}

}  // namespace
}  // namespace e2e
