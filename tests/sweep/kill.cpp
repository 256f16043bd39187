// SIGKILL on entry to every system call of a reference run. strace counts `when` for each call's name, hence
// one point for each name and number. A call that is killed on entry is not carried out: what it would have
// left behind is what the next one finds.
#include "sweep/trace.hpp"

#include <unistd.h>

#include <csignal>
#include <memory>

namespace sweep {
namespace {

std::vector<scenario> all_scenarios() {
  std::vector<scenario> all{
      {.name = "delete-w4", .files = 100, .window = 4},
      {.name = "delete-w1", .files = 12, .window = 1},
      {.name = "big", .files = 1, .size = std::size_t{1} << 20U, .window = 1},
      {.name = "move", .files = 12, .window = 2, .on_success = "move"},
      {.name = "empty-dirs",
       .files = 6,
       .window = 2,
       .arguments = {"--delete-empty-dirs", "--settle", "0"},
       .prefix = "a/b/f"},
      {.name = "resume", .files = 12, .window = 2, .on_success = "keep"},
      {.name = "raw",  // each file is read twice, and the server proves what it has
       .files = 12,
       .window = 2,
       .sink_arguments = {"--digests"},
       .target = "/in/{path}",
       .arguments = {"-X", "PUT", "--body", "raw", "-H", "X-Sha256: {sha256}", "--success-json",
                     R"(/sha256="{sha256}")"}},
      {.name = "manifest",
       .files = 12,
       .window = 2,
       .sink_arguments = {"--digests"},
       .target = "/in/{path}",
       .arguments = {"-X", "PUT", "--body", "raw", "--success-json", R"(/sha256="{sha256}")"},
       .has_manifest = true},
  };
  if (::geteuid() == 0)  // only root can be two users
    all.push_back({.name = "another-user",
                   .files = 12,
                   .window = 2,
                   .sink_arguments = {"--http"},
                   .of_another_user = true});
  return all;
}

const std::vector<scenario>& kill_scenarios() {
  static const auto all = all_scenarios();
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
  for (const auto& what : kill_scenarios())
    for (const auto& c : calls_of(what, s))
      all.push_back({what.name + "/" + c.name + ":" + std::to_string(c.nth),
                     [&what, c, &s] { return kill_at(what, c, s); }});
  return all;
}

}  // namespace sweep
