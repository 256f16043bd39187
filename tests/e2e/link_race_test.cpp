// While the spool is drained, an attacker swaps what is in it for links that lead out of it, a million times.
#include "e2e/e2e.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <set>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;

/// Two names that are exchanged: what is good in one moment is a way out in the next.
struct trap {
  fs::path inside, outside;
  std::function<void(const fs::path&)> honest, wicked;

  void lay() const {
    std::error_code ignored;
    for (const auto& name : {inside, outside}) fs::remove(name, ignored);
    honest(inside), wicked(outside);
  }
  bool exchange() const {
    return ::renameat2(AT_FDCWD, inside.c_str(), AT_FDCWD, outside.c_str(), RENAME_EXCHANGE) == 0;
  }
};

/// Names below `root`, with what each of them is: its inode, and its bytes or its target.
std::map<std::string, std::pair<ino_t, std::string>> inventory(const fs::path& root) {
  std::map<std::string, std::pair<ino_t, std::string>> all;
  for (const auto& e : fs::recursive_directory_iterator{root}) {
    struct stat st{};
    ::lstat(e.path().c_str(), &st);
    all[e.path().lexically_relative(root)] = {
        st.st_ino, S_ISREG(st.st_mode) ? support::sha256(support::content_of(e.path())) : std::string{}};
  }
  return all;
}

class link_race : public test {
 protected:
  link_race() {
    for (const auto* dir :
         {"canary/er", "attic", "done/sub", "done/deep/er", "spool/sub", "spool/deep/er", "spool/outer/er"})
      fs::create_directories(room / dir);
    // The names of the spool, so that whoever follows a link finds what it looks for.
    for (int i = 0; i < files_per_directory; ++i) {
      support::write_file(room / "canary" / name_of(i), "canary " + std::to_string(i));
      support::write_file(room / "canary/er" / name_of(i), "canary too " + std::to_string(i));
    }
    support::write_file(room / "canary/secret", "canary, the secret");
    support::write_file(room / "linked", "canary, a name of which is in the spool");
    before_ = inventory(room / "canary");
    linked_ = inode_of(room / "linked");

    const auto stays = [](const fs::path&) {};
    const auto link_to = [](const fs::path& target) {
      return [target](const fs::path& at) { fs::create_symlink(target, at); };
    };
    const auto file = [](const fs::path& at) { support::write_file(at, "bait"); };
    // Directories are laid once, and never emptied by the attacker.
    directories_ = {{files / "sub", room / "attic/sub", stays, link_to(room / "canary")},
                    {files / "outer", room / "attic/outer", stays, link_to(room / "canary")},
                    {files / "deep/er", room / "attic/er", stays, link_to("../../canary/er")},
                    {room / "done/sub", room / "attic/done-sub", stays, link_to(room / "canary")},
                    {room / "done/deep", room / "attic/done-deep", stays, link_to("../canary")}};
    for (const auto& t : directories_) t.wicked(t.outside);
    baits_ = {{files / "absolute.bin", room / "attic/absolute", file, link_to(room / "canary/secret")},
              {files / "relative.bin", room / "attic/relative", file, link_to("../canary/secret")},
              {files / "fifo.bin", room / "attic/fifo", file,
               [](const fs::path& at) { ::mkfifo(at.c_str(), 0600); }},
              {files / "hard.bin", room / "attic/hard", file,
               [this](const fs::path& at) { fs::create_hard_link(room / "linked", at); }}};
    for (const auto& t : baits_) t.lay();
    for (const auto* dir : {"spool/sub", "spool/deep/er", "spool/outer/er"})
      honest_.push_back(::open((room / dir).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ~link_race() override {
    stop_ = true;
    for (auto& t : attackers_) t.join();
    for (const int fd : honest_) ::close(fd);
  }

  static constexpr int files_per_directory = 12;
  static std::string name_of(int i) { return "f-" + std::to_string(i) + ".bin"; }
  static ino_t inode_of(const fs::path& file) {
    struct stat st{};
    return ::lstat(file.c_str(), &st) == 0 ? st.st_ino : 0;
  }

  void attack() {
    for (const auto* traps : {&directories_, &baits_})
      attackers_.emplace_back([this, traps] {
        ::setpriority(PRIO_PROCESS, 0, 5);  // lowers this thread's priority: tests beside it have deadlines
        while (!stop_)
          for (const auto& t : *traps)
            if (t.exchange())
              ++exchanges_;
            else if (traps == &baits_)
              t.lay();  // the tree was drained
      });
  }

  /// Writes through descriptors of the real directories, wherever they are at the moment.
  void refill(int round) {
    for (const int dir : honest_)
      for (int i = 0; i < files_per_directory; ++i) {
        const int fd = ::openat(dir, name_of(i).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0) continue;  // the last one is still there
        const auto bytes = "honest " + std::to_string(round * 1000 + dir * 100 + i);
        EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
        ::close(fd);
        written_.insert(support::sha256(bytes));
      }
  }

  /// Drains, by walking and from a list in turn, until enough has been exchanged.
  void drain_under_attack(const support::sink& to, const std::string& disposal,
                          const std::optional<support::refused_call>& refused = {}) {
    std::string names;
    for (const auto* dir : {"sub/", "deep/er/", "outer/er/"})
      for (int i = 0; i < files_per_directory; ++i) names += dir + name_of(i) + "\n";
    support::write_file(room / "names", names);
    attack();
    int round = 0;
    for (; exchanges_ < 1'000'000 || round < 60; ++round) {
      refill(round);
      arguments how{"--on-success", disposal, "-q", "--retry", "0"};
      if (round % 2 == 1) how.insert(how.end(), {"--files-from", room / "names"});
      auto command = send_command(to, how);
      command.refused = refused;
      const auto o = run(command);
      ASSERT_THAT(o.code, testing::AnyOf(0, 1, 3)) << o.err;
    }
    stop_ = true;
    for (auto& t : attackers_) t.join();
    attackers_.clear();
    std::printf("%ld exchanges, %d drains, %zu requests\n", exchanges_.load(), round, to.requests());
  }

  void expect_nothing_read_or_removed_outside(const support::sink& to) const {
    EXPECT_EQ(inventory(room / "canary"), before_);
    EXPECT_EQ(inode_of(room / "linked"), linked_);
    EXPECT_EQ(support::content_of(room / "linked"), "canary, a name of which is in the spool");
    std::set<std::string> sent;
    for (const auto& r : to.ledger())
      if (!r.sha256.empty()) sent.insert(r.sha256);
    for (const auto& [name, what] : before_) EXPECT_FALSE(sent.contains(what.second)) << name;
    EXPECT_GT(sent.size(), 20u) << "the attacker let nothing through: nothing was tested";
  }

  /// Every file that was put into the real directories is there, or was accepted.
  void expect_nothing_written_lost(const support::sink& to) const {
    std::set<std::string> found;
    for (const auto& r : to.ledger())
      if (r.verdict == "accepted") found.insert(r.sha256);
    for (const auto& [name, digest] : support::files_below(room.path())) found.insert(digest);
    for (const auto& digest : written_) EXPECT_TRUE(found.contains(digest)) << digest;
  }

 private:
  std::map<std::string, std::pair<ino_t, std::string>> before_;
  ino_t linked_ = 0;
  std::vector<trap> directories_, baits_;
  std::vector<int> honest_;
  std::set<std::string> written_;
  std::vector<std::thread> attackers_;
  std::atomic<bool> stop_{false};
  std::atomic<long> exchanges_{0};
};

TEST_F(link_race, nothing_outside_the_source_is_read_or_removed) {
  support::sink to;
  drain_under_attack(to, "delete");
  expect_nothing_read_or_removed_outside(to);
  expect_nothing_written_lost(to);
}

// An old kernel, or a sandbox of before 2020.
TEST_F(link_race, nor_without_openat2) {
  support::sink to;
  drain_under_attack(to, "delete", support::refused_call{.number = SYS_openat2, .error = ENOSYS});
  expect_nothing_read_or_removed_outside(to);
  expect_nothing_written_lost(to);
}

TEST_F(link_race, nothing_is_moved_out_of_the_target) {
  support::sink to;
  drain_under_attack(to, "move=" + (room / "done").string());
  expect_nothing_read_or_removed_outside(to);
  expect_nothing_written_lost(to);
}

}  // namespace
}  // namespace e2e
