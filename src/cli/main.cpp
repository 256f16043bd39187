#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_names.hpp"
#include "send.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

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

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::cli;
  keep_memory_private();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of that write, not our end
  std::vector<std::string> problems;
  int code = 0;
  auto options = parse_command_line(argc, argv, problems, code);
  if (!options) return code;
  add_environment(*options, environ, problems);
  if (const auto file = options->value("config")) add_file(*options, *file, problems);
  if (code != 0) return complain(problems);  // no verb: nothing more can be said
  auto plan = make_plan(*options, problems);
  for (const auto& p : in_option_names(sluice::problems(plan.config, plan.source), *options, problems))
    problems.push_back(p);
  return problems.empty() ? send(std::move(plan)) : complain(problems);
}
