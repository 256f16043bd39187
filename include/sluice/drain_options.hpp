// What one drain tells of its files.
#pragma once

#include <sluice/result.hpp>

#include <functional>

namespace sluice {

/// Of one drain; config::on_record is told of all.
struct drain_options {
  /// Called on the uploader's executor for each finished file, after its disposal; must neither block nor
  /// throw.
  std::function<void(const file_record&)> on_record;
  /// Keeps the records in memory and returns them in run_summary::records, in the order of the source, as a
  /// parallel map would.
  bool collect = false;
};

}  // namespace sluice
