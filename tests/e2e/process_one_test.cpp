// The program as process 1 of a container: who has no parent becomes its child.
#include "e2e/watching.hpp"

#include <csignal>
#include <fstream>

namespace e2e {
namespace {

class process_one : public watching {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(unshare_)) GTEST_SKIP() << "no unshare here";
    if (const auto tried = support::run({.arguments = {unshare_, "--pid", "--fork", "/bin/true"}});
        tried.code != 0)
      GTEST_SKIP() << "no namespace of processes can be made here: " << tried.err;
  }
  /// The command as process 1 of a namespace; `before` goes before it.
  support::command in_namespace(support::command c, const arguments& before = {}) const {
    c.arguments.insert(c.arguments.begin(), before.begin(), before.end());
    c.arguments.insert(c.arguments.begin(), {unshare_, "--pid", "--fork", "--kill-child"});
    return c;
  }
  static std::vector<int> children_of(int pid) {
    const auto number = std::to_string(pid);
    std::ifstream in{"/proc/" + number + "/task/" + number + "/children"};
    std::vector<int> all;
    for (int child = 0; in >> child;) all.push_back(child);
    return all;
  }
  /// All that was left behind ends, and nothing stays of it.
  void expect_no_zombies(support::process& p) const {
    ASSERT_TRUE(ready(p)) << p.err();
    ASSERT_EQ(status().at("pid"), 1);
    const auto inside = children_of(p.pid());
    ASSERT_EQ(inside.size(), 1u);
    EXPECT_TRUE(p.wait_until([&] { return children_of(inside.front()).empty(); })) << "zombies stay";
  }
  const std::string unshare_ = "/usr/bin/unshare";
};

// Each renewal of the headers left its zombies behind, until the container had no process numbers any more.
TEST_F(process_one, reaps_what_a_token_command_leaves_behind) {
  files.add("a", "1");
  support::sink to;
  support::process p{
      in_namespace(watch_command(to, {"--token-command", "for n in 1 2 3; do sleep 0.5 & done; echo a: b"}))};
  expect_no_zombies(p);
  EXPECT_TRUE(p.wait_until([&] { return to.ledger().size() == 1; })) << "the command's own end was its own";
  EXPECT_EQ(ctl({"drain"}).code, 0);
  EXPECT_EQ(p.wait(), 0) << p.err();
}

// A shell of an entry point, of a probe, or of somebody who looks around leaves processes behind, too.
TEST_F(process_one, reaps_what_others_leave_behind_without_a_command_of_its_own) {
  support::sink to;
  support::process p{in_namespace(
      watch_command(to), {"/bin/sh", "-c", "sleep 0.2 & (sleep 1 & sleep 0.5) & exec \"$@\"", "sh"})};
  expect_no_zombies(p);
  EXPECT_EQ(ctl({"drain"}).code, 0);
  EXPECT_EQ(p.wait(), 0) << p.err();
}

}  // namespace
}  // namespace e2e
