#include "summary.hpp"

#include "cli/exit_code.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress_text.hpp"
#include "summary_file.hpp"
#include "summary_sum.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

namespace sluice::cli {
namespace {

/// The content, or nothing with `why`.
std::optional<std::string> read_file(const std::string& path, std::string& why) {
  errno = 0;
  std::ifstream in{path == "-" ? "/dev/stdin" : path, std::ios::binary};
  in.peek();  // a directory opens, and fails here
  const int failed = errno;
  if (!in.is_open() || in.bad()) {
    why = std::strerror(failed);
    return std::nullopt;
  }
  in.clear();  // the end of an empty file
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

std::string text_of(const std::vector<run_summary>& all, const run_summary& sum) {
  std::string text =
      "sluice: " + grouped(sum.runs) + (sum.runs == 1 ? " run" : " runs") + "\n" + summary_text(sum);
  const auto missing = missing_shards(all);
  constexpr std::size_t most = 8;
  if (missing.empty()) return text;
  text += "\nsluice: warning: nothing is known of shard";
  for (std::size_t n = 0; n < std::min(missing.size(), most); ++n) text += (n == 0 ? " " : ", ") + missing[n];
  if (missing.size() > most) text += " and " + grouped(missing.size() - most) + " more";
  return text;
}

}  // namespace

int add_up_summaries(const raw_options& options, std::vector<std::string>& problems) {
  if (options.positionals.empty()) {
    problems.emplace_back("no FILE: write `sluice summary FILE...`, the files of `--summary`");
    return 0;
  }
  std::vector<run_summary> all;
  for (const auto& path : options.positionals) {
    std::string why;
    const auto text = read_file(path, why);
    auto read = text ? parse_summary(*text) : read_summary{{}, {}};
    if (!text)
      std::cerr << "sluice: cannot read '" << printable(path) << "': " << why << '\n';
    else if (!read.problem.empty())
      std::cerr << "sluice: '" << printable(path) << "' is no summary of a run: " << read.problem << '\n';
    else
      all.push_back(std::move(read.summary));
  }
  if (all.size() != options.positionals.size()) return static_cast<int>(exit_code::source);
  const auto sum = sum_of(all);
  const int code = *sum.exit_code;
  const bool written = write_to_standard_output(to_json(sum) + "\n");
  if (!options.flag("quiet") || code != 0) std::cerr << text_of(all, sum) << '\n';
  if (!written) std::cerr << "sluice: standard output takes no more\n";
  return written || code != 0 ? code : static_cast<int>(exit_code::some_failed);
}

}  // namespace sluice::cli
