// The figures that an operator steers by, against the truth of the directory.
#include "e2e/watching.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <thread>

namespace e2e {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

double now_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The files of a flat directory that have their names, and the least modification time among them.
struct truth {
  steady::time_point at = steady::now();
  std::uint64_t files = 0;
  double oldest_s = 0;  ///< seconds since 1970; 0: there is none
};
truth truth_of(const fs::path& directory) {
  truth t;
  auto* d = ::opendir(directory.c_str());
  while (const auto* e = ::readdir(d)) {
    struct stat st{};
    if (e->d_name[0] == '.' || ::fstatat(::dirfd(d), e->d_name, &st, 0) != 0) continue;
    ++t.files;
    const auto s = static_cast<double>(st.st_mtim.tv_sec) + static_cast<double>(st.st_mtim.tv_nsec) / 1e9;
    t.oldest_s = t.files == 1 ? s : std::min(t.oldest_s, s);
  }
  ::closedir(d);
  t.at = steady::now();
  return t;
}

class watch_truth : public watching {
 protected:
  /// A file that came whole, `age` ago.
  void put(double age = 0) {
    const auto name = "f" + std::to_string(made_++);
    support::write_file(files / ("." + name), name);
    const auto s = now_s() - age;
    const timespec when{static_cast<time_t>(s), static_cast<long>((s - std::floor(s)) * 1e9)};
    const timespec both[] = {when, when};
    if (age > 0) ::utimensat(AT_FDCWD, (files / ("." + name)).c_str(), both, 0);
    fs::rename(files / ("." + name), files / name);
  }

  /// Puts so many files a second for a while, and compares both figures with the truth meanwhile.
  void live(const std::string& phase, std::chrono::milliseconds time, double files_a_second) {
    const auto begin = steady::now();
    auto next_look = begin;
    double put_so_far = 0;
    while (steady::now() < begin + time) {
      const auto gone = std::chrono::duration<double>(steady::now() - begin).count();
      for (; put_so_far < gone * files_a_second; ++put_so_far) put();
      if (steady::now() >= next_look) compare(phase), next_look = steady::now() + 200ms;
      std::this_thread::sleep_for(2ms);
    }
  }

  /// Backlog and age have to be what was true in the second before, within 1 %.
  void compare(const std::string& phase) {
    const auto before = truth_of(files.root());
    const auto said = status();
    const auto after = truth_of(files.root());
    past_.push_back(before), past_.push_back(after);
    while (past_.front().at < after.at - 1s) past_.pop_front();
    if (!said.contains("backlog")) {
      ++unknown_;
      return;
    }
    ++looks_[phase];
    auto least = after.files, most = after.files;
    auto first = after.oldest_s, last = after.oldest_s;
    for (const auto& t : past_) {
      least = std::min(least, t.files), most = std::max(most, t.files);
      first = std::min(first, t.oldest_s), last = std::max(last, t.oldest_s);
    }
    const auto backlog = said.at("backlog").get<double>();
    EXPECT_GE(backlog, std::floor(static_cast<double>(least) * 0.99) - 1) << phase;
    EXPECT_LE(backlog, std::ceil(static_cast<double>(most) * 1.01) + 1) << phase;
    const auto age = said.at("oldest_age_s").get<double>();
    const auto youngest = before.files == 0 || after.files == 0 ? 0 : now_s() - last - 1;
    EXPECT_GE(age, youngest) << phase << ", backlog " << backlog;
    if (first > 0) {
      EXPECT_LE(age, now_s() - first + 1) << phase << ", backlog " << backlog;
    } else {
      EXPECT_LE(age, last > 0 ? now_s() - last + 1.5 : 1) << phase << ", backlog " << backlog;
    }
  }

  std::uint64_t made_ = 0;
  std::deque<truth> past_;
  std::map<std::string, int> looks_;
  int unknown_ = 0;
};

TEST_F(watch_truth, backlog_and_age_hold_through_overload_outage_hang_and_recovery) {
  fs::create_directories(files.root());
  for (int n = 0; n < 8000; ++n) put(20 + (8000 - n) * 0.01);
  std::optional<support::sink> to{std::in_place, R"([{"delay_ms": 20}])"};
  const auto port = to->url().substr(to->url().rfind(':') + 1);
  support::process p{watch_command(to->url(), {"-w", "4", "-k", "--rescan", "2s"})};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return status().contains("backlog"); }, 3s)) << "it is known soon";
  live("backlog", 1500ms, 0);
  live("overload", 2500ms, 600);
  to->stop();
  to.reset();
  live("outage", 3s, 400);
  to.emplace("[]", arguments{"--port", port.substr(0, port.find('/'))});
  live("recovery", 1500ms, 100);
  to->signal(SIGSTOP);
  live("hang", 2s, 200);
  to->signal(SIGCONT);
  live("again", 1s, 100);
  for (int n = 0; n < 100 && truth_of(files.root()).files > 0; ++n) live("end", 200ms, 0);
  EXPECT_EQ(truth_of(files.root()).files, 0u) << p.err();
  live("idle", 500ms, 0);
  for (const auto* phase : {"backlog", "overload", "outage", "recovery", "hang", "again", "idle"})
    EXPECT_GE(looks_[phase], 1) << phase;
  EXPECT_EQ(unknown_, 0) << "once it is known it stays so";
}

// The soak: after a start with a backlog, files in directories that the first walk had not reached were
// missing from the count until the next rescan.
TEST_F(watch_truth, count_holds_in_directories_that_the_first_walk_has_not_reached) {
  const support::sink to{R"([{"delay_ms": 50}])"};
  const auto put_in = [&](const char* folder, const std::string& name) {
    support::write_file(files / folder / ("." + name), name);
    fs::rename(files / folder / ("." + name), files / folder / name);
  };
  for (const auto* folder : {"a", "b"}) {
    fs::create_directories(files / folder);
    for (int n = 0; n < 1000; ++n) put_in(folder, "f" + std::to_string(n));
  }
  support::process p{watch_command(to, {"-w", "2", "--rescan", "10m"})};
  ASSERT_TRUE(p.wait_until([&] { return status().contains("backlog"); })) << p.err();
  std::deque<std::uint64_t> past;
  for (int n = 0; n < 200; ++n) {
    for (const auto* folder : {"a", "b"}) put_in(folder, "later" + std::to_string(n));
    std::this_thread::sleep_for(20ms);
    if (n % 10 != 0) continue;
    past.push_back(truth_of(files / "a").files + truth_of(files / "b").files);
    const auto backlog = status().at("backlog").get<std::uint64_t>();
    past.push_back(truth_of(files / "a").files + truth_of(files / "b").files);
    while (past.size() > 14) past.pop_front();  // more than a second
    EXPECT_GE(backlog, *std::ranges::min_element(past) * 99 / 100) << n;
    EXPECT_LE(backlog, *std::ranges::max_element(past) * 101 / 100 + 1) << n;
  }
}

}  // namespace
}  // namespace e2e
