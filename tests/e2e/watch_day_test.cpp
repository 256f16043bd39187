// One day of a service, in a minute: everything that happens to a spool and to an endpoint, one after the
// other.
#include "e2e/watching.hpp"

#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>

namespace e2e {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

#ifdef SLUICE_UNDER_ASAN
constexpr bool in_small = true;  // a sanitizer makes everything take ten times as long
#else
constexpr bool in_small = false;
#endif

class watch_day : public watching {
 protected:
  watch_day() { start_endpoint("one"); }

  /// The endpoint has the port that it had before, once it had one: the same endpoint, started again. Only
  /// `token` is let in.
  void start_endpoint(const std::string& token) {
    const arguments more{
        "--cert", certificates_ + "/good.pem", "--key", certificates_ + "/leaf.key", "--port", port_};
    to_.emplace(R"([{"match": {"header": {"token": ")" + token + R"("}}}, {"status": 401}])", more);
    const auto url = to_->url();
    port_ = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  }
  /// The endpoint ends as in a crash: replies are cut off, and its ledger is what counts.
  void stop_endpoint() {
    to_->stop();
    for (auto& line : to_->ledger()) ledger_.push_back(std::move(line));
    to_.reset();
  }
  bool all_gone(support::process& p) const {
    return p.wait_until([&] { return files.left().empty(); }, 90s);
  }
  bool holds_less_than(support::process& p, std::size_t n) const {
    return p.wait_until([&] { return files.left().size() < n; }, 90s);
  }
  void token_is(const std::string& now) const {
    support::write_file(token_, "token: " + now + "\n");
    fs::permissions(token_, fs::perms::owner_read | fs::perms::owner_write);
  }
  support::command day_command() const {
    auto c = watch_command(*to_, {"--joblog", log_, "--token-command", "cat '" + token_ + "'", "-w", "8"});
    std::ranges::replace(c.arguments, to_->ca(), certificates_ + "/ca.pem");
    return c;
  }

  const std::string certificates_ = TEST_CERTIFICATES;
  const std::string token_ = room / "token", log_ = room / "log";
  std::string port_ = "0";
  std::optional<support::sink> to_;
  std::vector<support::sink::received> ledger_;
};

TEST_F(watch_day, loses_nothing_and_sends_nothing_by_halves) {
  token_is("one");
  files.add_many(300, 2000, "backlog");
  files.add("deep/er/backlog.jpg", "deep");
  files.add("moved/backlog", "its directory is there before the day");
  std::optional<support::process> p{std::in_place, day_command()};
  ASSERT_TRUE(ready(*p)) << p->err();
  ASSERT_TRUE(all_gone(*p)) << p->err();

  // A writer that takes its time, beside files that come whole: under another name, and from elsewhere.
  const auto slow = files / "slow.bin";
  {
    std::ofstream writer{slow, std::ios::binary};
    std::string whole;
    for (int i = 0; i < 20; ++i) {
      const std::string part(5000, static_cast<char>('a' + i));
      writer << part << std::flush;
      whole += part;
      const auto name = "beside" + std::to_string(i);
      files.foretell(name, name);
      support::write_file(files / ("." + name), name);
      fs::rename(files / ("." + name), files / name);
      const auto moved = "moved/in" + std::to_string(i);
      files.foretell(moved, moved);
      support::write_file(room / "outside", moved);
      files.add("moved/here" + std::to_string(i), "first");
      fs::rename(room / "outside", files / moved);
    }
    ASSERT_TRUE(holds_less_than(*p, 2)) << p->err();
    EXPECT_TRUE(fs::exists(slow)) << "sent while it was being written";
    files.foretell("slow.bin", whole);
  }
  ASSERT_TRUE(all_gone(*p)) << p->err();

  // More at once than the kernel's queue of events holds.
  std::size_t burst = 17'000;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> burst;
  burst = in_small ? 300 : std::min<std::size_t>(burst, 20'000) + 500;
  p->signal(SIGSTOP);
  for (std::size_t i = 0; i < burst; ++i)
    files.add("burst/" + std::to_string(i), "burst " + std::to_string(i));
  p->signal(SIGCONT);
  ASSERT_TRUE(all_gone(*p)) << p->err().substr(0, 2000);

  // The endpoint goes away in the midst of it, and comes back with another token.
  files.add_many(200, 20'000, "outage");
  ASSERT_TRUE(holds_less_than(*p, 150)) << p->err();
  stop_endpoint();
  files.add_many(50, 1000, "meanwhile");
  token_is("two");
  start_endpoint("two");
  ASSERT_TRUE(all_gone(*p)) << p->err();

  // The log is rotated while files come.
  files.add_many(50, 1000, "before");
  fs::rename(log_, log_ + ".1");
  p->signal(SIGHUP);
  ASSERT_TRUE(says(*p, "sluice: reloaded")) << p->err();
  files.add_many(50, 1000, "after");
  ASSERT_TRUE(all_gone(*p)) << p->err();
  EXPECT_EQ(threads_of(*p), 1u);

  // Stopped in the midst of work, and started again.
  files.add_many(100, 20'000, "evening");
  ASSERT_TRUE(p->wait_until([&] { return files.left().size() < 90; })) << p->err();
  const auto first = stop(*p);
  EXPECT_EQ(first.code, 128 + SIGTERM) << first.err;
  p.emplace(day_command());
  ASSERT_TRUE(ready(*p)) << p->err();
  ASSERT_TRUE(all_gone(*p)) << p->err();
  const auto second = stop(*p);
  EXPECT_EQ(second.code, 128 + SIGTERM) << second.err;
  p.reset();
  stop_endpoint();

  support::evidence day{.originals = files.originals(), .spool = files.left(), .ledger = ledger_};
  day.summaries = {first.summary, second.summary};
  day.job_log = support::read_job_log(log_ + ".1");
  for (auto& line : support::read_job_log(log_)) day.job_log.push_back(std::move(line));
  const auto found = support::judge(day);
  EXPECT_TRUE(found.clean()) << found.text().substr(0, 3000);
  std::size_t halves = 0;
  for (const auto& line : ledger_)
    if (line.verdict == "accepted")
      halves +=
          std::ranges::none_of(files.originals(), [&](const auto& o) { return o.second == line.sha256; });
  EXPECT_EQ(halves, 0u);
}

}  // namespace
}  // namespace e2e
