// The tests of the fault matrix share this. Each is named for its row, and ends with the oracle.
#pragma once

#include "e2e/e2e.hpp"
#include "support/proxy_beside.hpp"

#include <chrono>
#include <filesystem>

namespace e2e {

/// The time from a signal to the exit, besides the grace period. A sanitizer looks for leaks in between.
#ifdef SLUICE_UNDER_ASAN
constexpr std::chrono::seconds to_exit{10};
#else
constexpr std::chrono::seconds to_exit{1};
#endif

class faults : public virtual test {
 protected:
  /// Sends all files and deletes what is confirmed, with a job log.
  support::command drain_command(const std::string& url, const arguments& more = {}) const {
    arguments all{"--on-success", "delete", "--joblog", room / "log", "-v"};
    all.insert(all.end(), more.begin(), more.end());
    auto c = send_command(url, all);
    c.environment = support::proxy_of_tests();
    return c;
  }
  support::command drain_command(const support::sink& to, arguments more = {}) const {
    if (!to.ca().empty()) more.insert(more.begin(), {"--cacert", to.ca()});
    return drain_command(to.url(), more);
  }
  outcome drain_to(const support::sink& to, const arguments& more = {}) const {
    return run(drain_command(to, more));
  }

  /// Signals a run that was given `--grace 500ms`; it ends in time, and says which signal ended it.
  outcome stopped_by(int signal, support::process& p) const {
    const auto begun = std::chrono::steady_clock::now();
    p.signal(signal);
    auto o = outcome_of(p);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds{500} + to_exit);
    EXPECT_EQ(o.code, 128 + signal) << o.err;
    return o;
  }

  /// Runs without root's right to pass all permissions, so the spool's own permissions decide. The files are
  /// another user's, who is done with them.
  outcome run_as_nobody(support::command c) const { return run(as_nobody(std::move(c))); }
  support::command as_nobody(support::command c) const {
    std::filesystem::permissions(room.path(), std::filesystem::perms::all);
    c.as_nobody = true;
    c.environment.emplace_back("SLUICE_SETTLE=0");
    return c;
  }

  /// The tests run once more through a proxy, to which every connection goes then.
  static bool is_through_proxy() { return !support::proxy_of_tests().empty(); }

  /// A file beside the spool.
  std::string written(const std::string& name, const std::string& text) const {
    support::write_file(room / name, text);
    return room / name;
  }
  /// A reader finds all of it meanwhile, the old text or the new one.
  std::string replaced(const std::string& name, const std::string& text) const {
    support::write_file(room / (name + ".new"), text);
    std::filesystem::rename(room / (name + ".new"), room / name);
    return room / name;
  }

  /// Asks the oracle. A test may come here after each of its runs: what one sink has (give it once) counts
  /// for all of them.
  void expect_clean(const outcome& o) { expect_clean(o, std::vector<support::sink::received>{}); }
  void expect_clean(const outcome& o, const support::sink& to) { expect_clean(o, to.ledger()); }
  void expect_clean(const outcome& o, const std::vector<support::sink::received>& ledger) {
    ASSERT_FALSE(o.summary.is_null()) << o.err;
    evidence_.originals = files.originals();
    evidence_.spool = files.left();
    evidence_.ledger.insert(evidence_.ledger.end(), ledger.begin(), ledger.end());
    evidence_.summaries.push_back(o.summary);
    evidence_.job_log = support::read_job_log(room / "log");
    const auto found = support::judge(evidence_);
    EXPECT_TRUE(found.clean()) << found.text() << o.err;
  }
  /// No file was removed, and the oracle agrees.
  void expect_kept(const outcome& o, const support::sink& to) {
    expect_all_kept();
    expect_clean(o, to);
  }
  /// Every file was removed, and the oracle agrees.
  void expect_delivered(const outcome& o, const support::sink& to) {
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(files.left(), support::listing{});
    expect_clean(o, to);
  }

  support::evidence evidence_;
};

}  // namespace e2e
