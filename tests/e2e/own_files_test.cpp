// What must not be drained: a person's home, and the files of the program itself.
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
