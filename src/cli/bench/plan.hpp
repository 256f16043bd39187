// The plan says what a `bench` is to do: options as text become a configuration, or problems.
#pragma once

#include "cli/options/raw_options.hpp"
#include "cli/options/trace_options.hpp"
#include "cli/secrets/secret_sources.hpp"
#include "generator.hpp"

#include <sluice/config.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace sluice::cli {

/// One window of a sweep.
struct bench_step {
  std::string name;  ///< name as it was written
  sluice::window window;
};

struct bench_plan {
  sluice::config config;
  secret_sources secrets;
  load_plan load;
  size_range sizes;
  std::filesystem::path from;  ///< instead of `sizes`; empty: none
  std::vector<bench_step> steps;
  std::string json, html;  ///< file, `-` (of json only), or empty
  trace_plan trace;
  bool quiet = false;
  std::vector<std::string> warnings;

  /// The URL without its query, which may hold a secret.
  std::string shown_url() const { return config.url.substr(0, config.url.find('?')); }
};

/// All problems are added, each one line that names its option.
bench_plan make_bench_plan(const raw_options& options, std::vector<std::string>& problems);

}  // namespace sluice::cli
