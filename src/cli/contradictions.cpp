#include "contradictions.hpp"

namespace sluice::cli {
namespace {

struct pair {
  const char* one;
  const char* other;
  const char* why;
};

constexpr pair excluding[] = {
    {"files-from", "files-from0", "one list of names, ended in one way"},
    {"verbose", "quiet", "more and less at once"},
    {"log-json", "quiet", "lines per file and no lines"},
    {"insecure", "cacert", "a certificate to trust is of no use where none is verified"},
    {"dry-run", "resume", "a dry run opens no file, so it cannot know which were accepted"},
    {"dry-run", "joblog", "a dry run has nothing to record"},
    {"files-from", "max-depth", "a list has no depth"},
    {"files-from0", "max-depth", "a list has no depth"},
    {"count", "duration", "so many requests, or so long"},
    {"size", "from", "bodies from memory, or files"},
};

}  // namespace

void check_contradictions(const raw_options& options, std::vector<std::string>& problems) {
  const auto on = [&](const char* name) { return options.has(name) && options.value(name) != "false"; };
  for (const auto& p : excluding)
    if (on(p.one) && on(p.other))
      problems.push_back(options.where(p.one) + " and " + options.where(p.other) +
                         " contradict each other: " + p.why + "; drop one");
  if (on("resume") && (!on("joblog") || options.value("joblog") == "-"))
    problems.push_back(options.where("resume") + " needs --joblog FILE: the log of the earlier run");
  if (on("key") && !on("cert"))
    problems.push_back(options.where("key") + " needs --cert: the certificate the key belongs to");
  if (options.value("joblog") == "-" && options.value("summary") == "-")
    problems.push_back(options.where("joblog") + " and " + options.where("summary") +
                       " contradict each other: both would write to standard output; give one a file");
  const auto window = options.value("window");
  for (const auto* of_auto : {"window-max", "trace-window"})
    if (on(of_auto) && window && *window != "auto")
      problems.push_back(
          options.where(of_auto) + " and " + options.where("window") +
          " contradict each other: a window of a fixed number stays as it is; use --window auto");
  const auto style = options.value("progress");
  if (style && *style != "none" && *style != "auto" && on("quiet"))
    problems.push_back(options.where("progress") + " and " + options.where("quiet") +
                       " contradict each other: progress and silence; drop one");
  if (style == "bar" && on("stats"))
    problems.push_back(options.where("progress") + " and " + options.where("stats") +
                       " contradict each other: a bar has no interval; use --progress line");
}

}  // namespace sluice::cli
