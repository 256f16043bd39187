#include "contradictions.hpp"

namespace sluice::cli {
namespace {

bool is_on(const raw_options& options, std::string_view name) {
  return options.has(name) && options.value(name) != "false";
}

/// Complains once for each pair of the table.
void check_pairs(const raw_options& options, const option_row& row, std::vector<std::string>& problems) {
  for (const auto& [other, why] : row.conflicts)
    if (is_on(options, row.name) && is_on(options, other))
      problems.push_back(options.where(row.name) + " and " + options.where(other) +
                         " contradict each other: " + std::string{why} + "; drop one");
  if (has_what_it_needs(row, options) || options.confused) return;  // the misspelt option may be the one
  const auto* needed = find_option(row.needs.option, options.verb);
  problems.push_back(options.where(row.name) + " needs --" + std::string{needed->name} + " " +
                     std::string{needed->value} + ": " + std::string{row.needs.why});
}

}  // namespace

bool has_what_it_needs(const option_row& row, const raw_options& options) {
  const auto needed = row.needs.option;
  if (needed.empty() || !is_on(options, row.name)) return true;
  return is_on(options, needed) && options.value(needed) != "-";  // a stream is no file
}

void check_contradictions(const raw_options& options, std::vector<std::string>& problems) {
  const auto on = [&](std::string_view name) { return is_on(options, name); };
  for (const auto& row : options_of(options.verb)) check_pairs(options, row, problems);
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
