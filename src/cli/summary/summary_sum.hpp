// Several summaries become one.
#pragma once

#include <sluice/result.hpp>

#include <string>
#include <vector>

namespace sluice::cli {

/// How bad an exit code is: the more, the sooner somebody must look. Of two signals the greater.
int badness_of(int exit_code) noexcept;

/// The sum of `all`, which has at least one. Counts are added, histograms merged, and reasons of the same
/// words counted together. `began` is the first beginning, and `seconds` the time from there to the last end.
/// The window has the least minimum, the greatest maximum and the greatest last. End, detail and exit code
/// are those of the worst run, where of several runs of one shard only the last one counts: what it had to do
/// is what the others had left.
run_summary sum_of(const std::vector<run_summary>& all);

/// The numbers of the shards that are missing in `all`, `K/N` each; none where some runs were of no shard, or
/// of another N.
std::vector<std::string> missing_shards(const std::vector<run_summary>& all);

}  // namespace sluice::cli
