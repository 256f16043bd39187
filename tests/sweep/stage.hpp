// One reference run in a directory of its own: a spool, a receiver, and the runs of sluice between them.
#pragma once

#include "sweep/sweep.hpp"

#include "support/files.hpp"
#include "support/oracle.hpp"
#include "support/sink.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sweep {

struct scenario {
  std::string name;
  std::size_t files = 1, size = 100;
  unsigned window = 1;
  std::string on_success = "delete";  ///< or `keep`, with --resume; or `move`
  std::vector<std::string> sink_arguments{};
};

class stage {
 public:
  stage(const scenario& what, const settings& how);

  std::uint16_t sink_port() const;
  std::filesystem::path operator/(const std::string& name) const { return room_ / name; }

  struct run_options {
    std::vector<std::string> below{};      ///< the program that runs sluice, and its arguments
    std::vector<std::string> arguments{};  ///< to sluice
    std::uint16_t port = 0;                ///< of a proxy; 0: straight to the receiver
    std::function<void()> meanwhile{};     ///< called again and again
  };
  /// The exit status, or minus the signal. A run that hangs is ended, and throws.
  int run(const run_options& o);

  /// What the oracle says of the runs so far; and exit code 0 has to mean that all is done, unless sluice was
  /// told that something is not there.
  void judge(outcome& into, bool all_there = true);
  /// Another run, with nothing in its way, has to finish the work.
  void finish(outcome& into);

 private:
  support::evidence evidence() const;
  void expect_all_done(outcome& into) const;

  const scenario& scenario_;
  const settings& settings_;
  support::scratch room_;
  support::spool files_{room_ / "spool"};
  support::sink sink_;
  std::vector<nlohmann::json> summaries_;
  unsigned runs_ = 0, untold_ = 0;  ///< untold: left no summary
  int status_ = 0;                  ///< of the last run
};

/// One the README has.
bool documented(int exit_code);
/// `killed by signal N`, or `exit code N`.
std::string ending(int status);

}  // namespace sweep
