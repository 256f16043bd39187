// All end-to-end tests share this: the real program, sent against the real sink, in a directory of its own.
#pragma once

#include "support/files.hpp"
#include "support/oracle.hpp"
#include "support/process.hpp"
#include "support/sanitizer.hpp"
#include "support/sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#ifdef SLUICE_UNDER_ASAN
#define SKIP_UNDER_SANITIZER(why) GTEST_SKIP() << (why)
#else
#define SKIP_UNDER_SANITIZER(why) static_cast<void>(0)
#endif

namespace e2e {

using arguments = std::vector<std::string>;

/// The traces that a run of the program left behind.
struct outcome {
  int code = 0;
  std::string out, err;
  nlohmann::json summary;  ///< null when none was written

  std::uint64_t count(const char* name) const { return summary.at(name).get<std::uint64_t>(); }
};

/// `sluice ARGUMENTS...`
support::command sluice(arguments more);

class test : public testing::Test {
 protected:
  /// `sluice send SPOOL URL --cacert CA --summary FILE MORE...`
  support::command send_command(const support::sink& to, const arguments& more = {}) const;
  support::command send_command(const std::string& url, const arguments& more = {}) const;
  outcome run(const support::command& c) const;
  outcome drain(const support::sink& to, const arguments& more = {}) const {
    return run(send_command(to, more));
  }
  /// Waits until the process has ended.
  outcome outcome_of(support::process& p) const;

  /// The oracle's findings about one run; they are empty when all is well.
  support::findings judged(const support::sink& to, const outcome& o, const std::string& job_log = {}) const;
  /// Every file is either still there as it was, or the sink confirmed those very bytes. Equal contents
  /// count.
  void expect_nothing_lost(const support::sink& to) const;
  /// All files are where they were.
  void expect_all_kept() const { EXPECT_EQ(files.left(), files.originals()); }

  support::scratch room;
  support::spool files{room / "spool"};
};

/// `seen` is the sum of the fates.
void expect_adds_up(const outcome& o);

/// File names of the requests with this verdict, sorted.
std::vector<std::string> names_with(const support::sink& to, const std::string& verdict = "accepted");

}  // namespace e2e
