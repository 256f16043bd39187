// SIGKILL on entry to every system call of a reference run. strace counts `when` for each call's name, hence
// one point for each name and number. A call that is killed on entry is not carried out: what it would have
// left behind is what the next one finds.
#include "sweep/trace.hpp"

#include <csignal>
#include <memory>

namespace sweep {
namespace {

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all{
      {.name = "delete-w4", .files = 100, .window = 4},
      {.name = "delete-w1", .files = 12, .window = 1},
      {.name = "big", .files = 1, .size = std::size_t{1} << 20U, .window = 1},
      {.name = "move", .files = 12, .window = 2, .on_success = "move"},
      {.name = "resume", .files = 12, .window = 2, .on_success = "keep"},
  };
  return all;
}

outcome kill_at(const scenario& what, const call& at, const settings& how) {
  outcome result;
  stage s{what, how};
  const auto inject = "inject=" + at.name + ":signal=SIGKILL:when=" + std::to_string(at.nth);
  const int status = s.run({.below = {strace(), "-f", "-qq", "-o", "/dev/null", "-e", inject}});
  result.reached = status == -SIGKILL;
  if (!result.reached && status != 0) result.problems.push_back("not killed, and " + ending(status));
  s.judge(result);
  if (result.problems.empty()) s.finish(result);
  return result;
}

}  // namespace

points kill_points(const settings& s) {
  points all;
  for (const auto& what : scenarios())
    for (const auto& c : calls_of(what, s))
      all.push_back({what.name + "/" + c.name + ":" + std::to_string(c.nth),
                     [&what, c, &s] { return kill_at(what, c, s); }});
  return all;
}

}  // namespace sweep
