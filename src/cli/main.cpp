#include "cli/bench/bench.hpp"
#include "cli/compact/compact.hpp"
#include "cli/generate/generate.hpp"
#include "cli/options/command_line.hpp"
#include "cli/options/library_problems.hpp"
#include "cli/send/send.hpp"
#include "cli/summary/summary.hpp"
#include "cli/terminal/standard_streams.hpp"
#include "cli/watch/ctl.hpp"
#include "cli/watch/watch.hpp"
#include "exit_code.hpp"
#include "pipes.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>

namespace {

int complain(const std::vector<std::string>& problems) {
  for (const auto& p : problems) std::cerr << "sluice: " << p << '\n';
  return static_cast<int>(sluice::cli::exit_code::usage);
}

/// Credentials are in our memory: no core dump holds them, and no other process of the same user reads them.
void keep_memory_private() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

int run(int argc, char** argv) {
  using namespace sluice::cli;
  std::vector<std::string> problems;
  int code = 0;
  auto options = parse_command_line(argc, argv, problems, code);
  if (!options) return code;
  add_environment(*options, environ, problems);
  if (const auto file = options->value("config")) {
    bool read = false;
    if (is_standard_input(*file) && !has_standard_input())
      problems.emplace_back("--config: standard input is closed; nothing can be read from it");
    else
      read = add_file(*options, *file == "-" ? "/dev/stdin" : *file, problems);
    if (!read) return complain(problems);  // the option that seems to be missing may be in it
  }
  if (code != 0) return complain(problems);  // no verb: nothing more can be said
  constexpr verb_set without_pipes{verb::ctl, verb::summary, verb::generate};
  if (!without_pipes.contains(options->verb)) keep_pipes(*options, problems);
  const auto tell = [&](std::vector<std::string> found) {
    for (auto& p : found) p = in_given_names(std::move(p), *options);
    return complain(found);
  };
  switch (options->verb) {
    case verb::bench: {
      auto plan = make_bench_plan(*options, problems);
      return problems.empty() ? bench(std::move(plan)) : tell(problems);
    }
    case verb::watch: {
      auto plan = make_watch_plan(*options, problems);
      return problems.empty() ? watch(std::move(plan)) : tell(problems);
    }
    case verb::ctl: {
      if (problems.empty()) code = ctl(*options, problems);
      const int refused = problems.empty() ? 0 : tell(problems);
      return code != 0 ? code : refused;
    }
    case verb::compact: {
      if (problems.empty()) code = compact(*options, problems);
      return problems.empty() ? code : tell(problems);
    }
    case verb::summary: {
      if (problems.empty()) code = add_up_summaries(*options, problems);
      return problems.empty() ? code : tell(problems);
    }
    case verb::generate: {
      if (problems.empty()) code = generate(*options, problems);
      return problems.empty() ? code : tell(problems);
    }
    case verb::send:
      break;
  }
  auto plan = make_plan(*options, problems);
  for (auto& p : library_problems(plan.config, &plan.source, *options)) problems.push_back(std::move(p));
  return problems.empty() ? send(std::move(plan)) : tell(problems);
}

}  // namespace

// Whenever memory runs out: what was confirmed is removed, all else is where it was.
int main(int argc, char** argv) {
  sluice::cli::hold_standard_streams();
  keep_memory_private();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write, not our end
  std::signal(SIGIO, SIG_IGN);    // a writer that opens a file while the library looks at it is no end either
  try {
    return run(argc, argv);
  } catch (
      const std::invalid_argument& e) {  // a file that was in order when it was checked, such as a CA file
    return complain({e.what()});
  } catch (const std::bad_alloc&) {
    std::fputs("sluice: out of memory\n", stderr);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice: %s\n", e.what());
  }
  return static_cast<int>(sluice::cli::exit_code::some_failed);
}
