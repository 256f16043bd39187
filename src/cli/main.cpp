#include "cli/bench/bench.hpp"
#include "cli/watch/ctl.hpp"
#include "cli/watch/watch.hpp"
#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_names.hpp"
#include "send.hpp"

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
  if (const auto file = options->value("config")) add_file(*options, *file, problems);
  if (code != 0) return complain(problems);  // no verb: nothing more can be said
  switch (options->verb) {
    case verb::bench: {
      auto plan = make_bench_plan(*options, problems);
      return problems.empty() ? bench(std::move(plan)) : complain(problems);
    }
    case verb::watch: {
      auto plan = make_watch_plan(*options, problems);
      return problems.empty() ? watch(std::move(plan)) : complain(problems);
    }
    case verb::ctl: {
      if (problems.empty()) code = ctl(*options, problems);
      const int refused = problems.empty() ? 0 : complain(problems);
      return code != 0 ? code : refused;
    }
    case verb::send:
      break;
  }
  auto plan = make_plan(*options, problems);
  for (const auto& p : in_option_names(sluice::problems(plan.config, plan.source), *options, problems))
    problems.push_back(p);
  return problems.empty() ? send(std::move(plan)) : complain(problems);
}

}  // namespace

// Whenever memory runs out: what was confirmed is removed, all else is where it was.
int main(int argc, char** argv) {
  keep_memory_private();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write, not our end
  try {
    return run(argc, argv);
  } catch (const std::invalid_argument& e) {  // what was in order when it was checked, such as a CA file
    return complain({e.what()});
  } catch (const std::bad_alloc&) {
    std::fputs("sluice: out of memory\n", stderr);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "sluice: %s\n", e.what());
  }
  return static_cast<int>(sluice::cli::exit_code::some_failed);
}
