// The fault matrix in watch mode: the same faults, the same oracle, a program that goes on.
#pragma once

#include "e2e/watching.hpp"
#include "faults/faults.hpp"

#include <algorithm>
#include <filesystem>

namespace e2e {

/// `sluice watch`, with a job log. A file that was not sent is tried again by the same run, so each try is a
/// line and counts.
class watched : public faults, public watching {
 protected:
  static constexpr std::chrono::seconds long_patience{60};

  watched() { another(); }

  /// Forgets the runs so far, and what they wrote.
  void another() {
    evidence_ = {};
    evidence_.followed = true;
    std::filesystem::remove(room / "log");
    std::filesystem::remove(room / "summary");
  }

  support::command following(support::command c, const arguments& more = {}) const {
    c.arguments.insert(c.arguments.end(), {"--joblog", room / "log", "-v"});
    c.arguments.insert(c.arguments.end(), more.begin(), more.end());
    return c;
  }
  support::command following(const support::sink& to, const arguments& more = {}) const {
    return following(watch_command(to), more);
  }
  support::command following(const std::string& url, const arguments& more = {}) const {
    return following(watch_command(url, {}), more);
  }
  /// Walks no more than once an hour: what is found meanwhile, the kernel told of.
  static support::command seldom_walking(support::command c) {
    std::ranges::replace(c.arguments, std::string{"200ms"}, std::string{"1h"});
    return c;
  }
  /// Keeps what is sent.
  static support::command keeping(support::command c) {
    std::ranges::replace(c.arguments, std::string{"delete"}, std::string{"keep"});
    return c;
  }

  bool all_gone(support::process& p) const {
    return p.wait_until([&] { return files.left().empty(); }, long_patience);
  }
  /// `sluice ctl drain`, and its end.
  outcome drained(support::process& p) const {
    EXPECT_TRUE(ready(p)) << p.err();
    EXPECT_EQ(ctl({"drain"}).code, 0) << p.err();
    return outcome_of(p);
  }
  /// All was sent though something went wrong on the way: `code` is 1 when that was told of a file.
  void expect_delivered_at_last(support::process& p, const support::sink& to, int code = 0) {
    ASSERT_TRUE(all_gone(p)) << p.err();
    const auto o = drained(p);
    EXPECT_EQ(o.code, code) << o.err;
    expect_clean(o, to);
  }
};

}  // namespace e2e
