// The matrix as a table, as JSON and as plots.
#pragma once

#include "sim/window_matrix.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sim {

struct controller_result {
  std::string name;
  std::vector<cell> cells;
};

std::string table_head();
std::string table_row(const cell& c);
/// One line, and one for each bound with how many cells keep to it.
std::string verdict_text(const std::string& name, const std::vector<cell>& cells);

/// `matrix.json`, `goodput.svg`, `latency.svg`; false when a file cannot be written.
bool write_report(const std::filesystem::path& dir, std::uint64_t seed,
                  const std::vector<controller_result>& all);
/// `course.svg`: windows over time while the capacity changes.
bool write_course(const std::filesystem::path& dir,
                  const std::map<std::string, std::vector<window_point>>& courses);

}  // namespace sim
