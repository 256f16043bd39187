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
  std::string target = "/upload";        ///< path of the URL
  std::vector<std::string> arguments{};  ///< more of sluice
  bool of_another_user = false;          ///< sluice runs as nobody, and the files are ours
  std::string prefix = "f";              ///< beginning of the files' paths
  bool has_manifest = false;             ///< the files are named by a manifest
};

class stage {
 public:
  stage(const scenario& what, const settings& how);

  std::uint16_t sink_port() const;
  std::filesystem::path operator/(const std::string& name) const { return room_ / name; }

  struct run_options {
    std::vector<std::string> below{};      ///< the program that runs sluice, and its arguments
    std::vector<std::string> arguments{};  ///< arguments of sluice
    std::uint16_t port = 0;                ///< port of a proxy; 0: straight to the receiver
    std::function<void()> meanwhile{};     ///< called again and again
  };
  /// The exit status, or minus the signal. A run that hangs is ended, and throws.
  int run(const run_options& o);

  /// The last run that told of itself says that lines of its job log were lost.
  bool lost_lines() const;
  /// The oracle judges the runs so far; and exit code 0 has to mean that all is done, unless sluice was told
  /// that something is not there.
  void judge(outcome& into, bool all_there = true);
  /// Another run, with nothing in its way, has to finish the work.
  void finish(outcome& into);

 private:
  support::evidence evidence() const;
  void write_manifest() const;
  void expect_all_done(outcome& into) const;

  const scenario& scenario_;
  const settings& settings_;
  support::scratch room_;
  support::spool files_{room_ / "spool"};
  support::sink sink_;
  std::vector<nlohmann::json> summaries_;
  unsigned runs_ = 0, untold_ = 0;  ///< untold: left no summary
  int status_ = 0;                  ///< exit status of the last run
};

/// An exit code that docs/options.md has.
bool documented(int exit_code);
/// `killed by signal N`, or `exit code N`.
std::string ending(int status);

}  // namespace sweep
