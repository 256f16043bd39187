#include "sweep/selftest.hpp"

#include "sweep/trace.hpp"

#include <iostream>
#include <stdexcept>

namespace sweep {
namespace {

struct fake {
  std::string misdeed, expected;
};

bool cries(const point& p, const std::string& expected) {
  std::string said;
  try {
    for (const auto& line : p.run().problems) said += line + "\n";
  } catch (const std::exception& e) {
    said = e.what();
  }
  const bool heard = said.find(expected) != std::string::npos;
  if (!heard)
    std::cout << "selftest: no cry of '" << expected << "' at " << p.name << "; it said: " << said << '\n';
  return heard;
}

bool refuses_unknown_lines() {
  try {
    calls_in("7  brk(NULL) = 1\n7  something else\n");
  } catch (const std::runtime_error&) {
    return true;
  }
  std::cout << "selftest: a line that is no call was passed over\n";
  return false;
}

bool reads_traces() {
  const auto calls = calls_in(
      "7  execve(\"x\") = 0\n7  brk(NULL) = 1\n7  rt_sigaction(SIGPIPE, 0) = 0\n7  brk(1) = 1\n"
      "7  --- SIGURG {si(1)} ---\n7  read(3,  <unfinished ...>\n7  <... read resumed>\"(\", 1) = 1\n7  +++ "
      "exited +++\n");
  const bool ok = calls.size() == 4 && calls[0].before_main && !calls[1].before_main && calls[2].nth == 2 &&
                  calls[3].name == "read";
  if (!ok) std::cout << "selftest: a trace is read wrongly\n";
  return ok;
}

}  // namespace

int selftest() {
  bool ok = reads_traces() && refuses_unknown_lines();
  settings s;
  s.program = {"/bin/sh", FAKE_SLUICE};
  s.deadline = std::chrono::seconds{5};
  for (const auto& [misdeed, expected] :
       {fake{"lose", "LOST"}, fake{"crash", "killed by signal 11"}, fake{"hang", "it hangs"},
        fake{"code", "exit code 42"}, fake{"idle", "never delivered"}}) {
    s.environment = {"MISDEED=" + misdeed};
    ok = cries(first_cut(s), expected) && ok;
  }
  if (ok) std::cout << "selftest: every misdeed was found\n";
  return ok ? 0 : 1;
}

}  // namespace sweep
