// A job log that has grown long: a start that takes its time, and a log that is made short again.
#include "e2e/watching.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class long_log : public watching {
 protected:
  /// The log gets a hole, which is read like any other bytes, and takes as long as millions of lines.
  void make_long() const {
    std::ofstream{log_, std::ios::app}.close();
    fs::resize_file(log_, 256ull << 30);
  }
  support::command keep_command(const support::sink& to, arguments more = {}) const {
    more.insert(more.begin(), {"--on-success", "keep", "--joblog", log_});
    auto c = watch_command(to, more);
    std::erase(c.arguments, "delete");  // the fixture's disposal
    c.arguments.erase(std::ranges::find(c.arguments, "--on-success"));
    return c;
  }
  std::vector<json> lines() const {
    std::vector<json> all;
    for (const auto& line : support::lines_of(support::content_of(log_))) all.push_back(json::parse(line));
    return all;
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& line : lines()) all.push_back(line.at("path"));
    std::ranges::sort(all);
    return all;
  }
  support::finished compact(arguments more = {}) const {
    arguments all{"compact", log_, files.root()};
    all.insert(all.end(), more.begin(), more.end());
    return support::run(sluice(all));
  }
  /// Sends all files, and keeps them.
  void send_all() const {
    support::sink to;
    EXPECT_EQ(drain(to, {"--joblog", log_, "--resume"}).code, 0);
  }

  const std::string log_ = room / "joblog";
};

TEST_F(long_log, is_read_while_the_watch_answers_and_ends_when_it_is_told_to) {
  files.add("a", "1");
  make_long();
  support::sink to;
  support::process p{keep_command(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(status().at("state"), "starting");
  EXPECT_THAT(ctl({"status"}).out, HasSubstr("the job log is being read"));
  EXPECT_EQ(ctl({"rescan"}).code, 0);
  p.signal(SIGHUP);
  EXPECT_EQ(ctl({"pause"}).code, 0);
  EXPECT_EQ(ctl({"resume"}).code, 0);
  const auto begun = std::chrono::steady_clock::now();
  const auto o = stop(p);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(o.code, 128 + SIGTERM) << o.err;
  EXPECT_EQ(to.requests(), 0u) << "nothing is sent before the log is read";
}

TEST_F(long_log, is_read_with_the_service_managers_patience) {
  files.add("a", "1");
  make_long();
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = room / "notify";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  std::vector<std::string> heard;
  const auto count = [&](const std::string& beginning) {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
      for (auto& line : support::lines_of({buffer.data(), static_cast<std::size_t>(n)}))
        heard.push_back(line);
    return std::ranges::count_if(heard, [&](const auto& line) { return line.starts_with(beginning); });
  };
  support::sink to;
  auto c = keep_command(to);
  c.environment = {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=200000"};
  support::process p{c};
  EXPECT_TRUE(p.wait_until([&] { return count("EXTEND_TIMEOUT_USEC=") >= 2 && count("WATCHDOG=1") >= 4; }))
      << p.err();
  EXPECT_THAT(heard, Contains(HasSubstr("STATUS=reads its job log, ")));
  p.signal(SIGHUP);
  ASSERT_TRUE(ready(p));
  EXPECT_THAT(heard, Not(Contains("READY=1")));
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  ::close(fd);
}

TEST_F(long_log, drain_that_is_asked_for_while_it_is_read_is_not_forgotten) {
  files.add_many(3, 100);
  make_long();
  support::sink to;
  support::process p{keep_command(to)};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(status().at("state"), "starting");
  EXPECT_EQ(ctl({"drain"}).code, 0);
  fs::resize_file(log_, 0);  // the end of the log comes at once
  EXPECT_EQ(p.wait(), 0) << p.err();
  EXPECT_THAT(names_with(to), SizeIs(3));
}

TEST_F(long_log, is_read_by_send_with_a_line_of_progress_until_a_signal_ends_it) {
  files.add("a", "1");
  make_long();
  support::sink to;
  for (const int number : {SIGINT, SIGTERM}) {
    support::process p{
        send_command(to, {"--joblog", log_, "--resume", "--progress", "line", "--stats", "200ms"})};
    ASSERT_TRUE(says(p, "reads its job log, 0 %")) << p.err();
    const auto begun = std::chrono::steady_clock::now();
    p.signal(number);
    EXPECT_EQ(p.wait(), 128 + number);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  }
  EXPECT_EQ(to.requests(), 0u);
}

TEST_F(long_log, compacted_has_a_line_for_each_file_that_is_there_and_resumes_as_before) {
  files.add_many(20, 100);
  files.add("bad", "1");
  for (int n = 0; n < 3; ++n) {
    support::sink to{R"([{"match": {"name": "bad"}, "status": 422}])"};
    EXPECT_EQ(drain(to, {"--joblog", log_}).code, 1);
  }
  EXPECT_THAT(lines(), SizeIs(63));
  fs::remove(files / "f-00001.bin");
  support::append_to(files / "f-00002.bin", "changed");
  support::append_to(log_, "torn {\n\n");
  ::chmod(log_.c_str(), 0640);
  const auto done = compact();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("has 20 of 65 lines now"));
  EXPECT_THAT(done.err, HasSubstr("1 lines that are no records were kept"));
  struct stat st{};
  ASSERT_EQ(::stat(log_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777u, 0640u);
  EXPECT_FALSE(fs::exists(log_ + ".compact"));
  auto left = support::lines_of(support::content_of(log_));
  EXPECT_EQ(left.back(), "torn {");
  left.pop_back();
  support::write_file(log_, "");
  for (const auto& line : left) support::append_to(log_, line + "\n");
  EXPECT_THAT(paths(), Not(Contains("f-00001.bin")));
  EXPECT_THAT(paths(), Not(Contains("f-00002.bin"))) << "it is not the file that was accepted";
  EXPECT_THAT(paths(), Contains("bad"));

  support::sink again;
  EXPECT_EQ(drain(again, {"--joblog", log_, "--resume"}).code, 0);
  EXPECT_THAT(names_with(again), ElementsAre("bad", "f-00002.bin"));
}

TEST_F(long_log, knows_its_sources_by_itself) {
  files.add_many(5, 100);
  send_all();
  fs::remove(files / "f-00001.bin");
  if (::getxattr(log_.c_str(), "user.sluice.sources", nullptr, 0) < 0)
    GTEST_SKIP() << "the file system has no attributes of users";
  for (int n = 0; n < 2; ++n) {
    const auto done = support::run(sluice({"compact", log_}));
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(lines(), SizeIs(4)) << "the note goes with the shorter log";
  }
  ASSERT_EQ(::removexattr(log_.c_str(), "user.sluice.sources"), 0);
  const auto lost = support::run(sluice({"compact", log_}));
  EXPECT_EQ(lost.code, 3);
  EXPECT_THAT(lost.err, HasSubstr("name the directories"));
}

TEST_F(long_log, is_not_compacted_while_a_run_has_it_or_its_source) {
  files.add_many(3, 100);
  support::sink to;
  support::process p{keep_command(to)};
  ASSERT_TRUE(p.wait_until([&] { return fs::exists(log_) && lines().size() == 3; })) << p.err();
  const auto source = compact();
  EXPECT_EQ(source.code, 11);
  EXPECT_THAT(support::lines_of(source.err), ElementsAre(HasSubstr("a run holds '" + files.root().string())));
  fs::create_directory(room / "other");
  const auto log = support::run(sluice({"compact", log_, room / "other"}));
  EXPECT_EQ(log.code, 11);
  EXPECT_THAT(support::lines_of(log.err), ElementsAre(HasSubstr("a run has '" + log_ + "' open")));
  EXPECT_THAT(lines(), SizeIs(3));
  stop(p);
  EXPECT_EQ(compact().code, 0);
}

TEST_F(long_log, is_not_compacted_without_a_log_a_source_or_any_of_its_files) {
  files.add_many(3, 100);
  EXPECT_EQ(compact().code, 2) << "no log";
  send_all();
  const auto before = support::content_of(log_);
  EXPECT_EQ(support::run(sluice({"compact"})).code, 2);
  EXPECT_EQ(support::run(sluice({"compact", log_, room / "missing"})).code, 3);
  fs::create_directory(room / "unmounted");
  const auto wrong = support::run(sluice({"compact", log_, room / "unmounted"}));
  EXPECT_EQ(wrong.code, 3);
  EXPECT_THAT(wrong.err, HasSubstr("is it mounted? Nothing was changed"));
  EXPECT_EQ(support::content_of(log_), before);
  EXPECT_FALSE(fs::exists(log_ + ".compact"));
}

TEST_F(long_log, compacts_itself_while_the_watch_goes_on_and_no_line_is_lost) {
  files.add_many(200, 10, "old");
  support::sink to;
  support::process p{keep_command(to, {"--joblog-compact", "100k"})};
  ASSERT_TRUE(p.wait_until([&] { return to.ledger().size() == 200; })) << p.err();
  for (int n = 1; n <= 200; ++n) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "old-%05d.bin", n);
    fs::remove(files / name.data());
  }
  struct stat before{};
  ASSERT_EQ(::stat(log_.c_str(), &before), 0);
  const std::ifstream held{log_};  // an open file's number is not given to the second log that follows it
  files.add_many(500, 10, "new");
  ASSERT_TRUE(p.wait_until([&] { return to.ledger().size() == 700; })) << p.err();
  ASSERT_TRUE(p.wait_until([&] {
    struct stat now{};
    return ::stat(log_.c_str(), &now) == 0 && now.st_ino != before.st_ino;
  })) << p.err();
  files.add_many(50, 10, "last");
  ASSERT_TRUE(p.wait_until([&] { return to.ledger().size() == 750; })) << p.err();
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  const auto there = paths();
  for (const auto& [name, digest] : files.left()) EXPECT_THAT(there, Contains(name));
  EXPECT_LT(there.size(), 750u) << "the old ones are gone";
  EXPECT_FALSE(fs::exists(log_ + ".compact"));
  support::sink again;
  EXPECT_EQ(drain(again, {"--joblog", log_, "--resume"}).code, 0);
  EXPECT_EQ(again.requests(), 0u);
}

}  // namespace
}  // namespace e2e
