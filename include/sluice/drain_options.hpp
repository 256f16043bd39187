// The options of one drain.
//
//     up.async_drain(sluice::source::directory("spool"), sluice::drain_options{}.collect(),
//                    [](boost::system::error_code, const sluice::run_summary& s) {
//                      for (const auto& r : s.records) std::cout << to_json(r) << '\n';
//                    });
#pragma once

#include <sluice/result.hpp>

#include <functional>
#include <utility>

namespace sluice {

/// Says what one drain tells of its files; config::on_record is told of all drains.
class drain_options {
 public:
  /// A function that is told of a finished file.
  using observer = std::function<void(const file_record&)>;

  /// No observer, and no records are kept.
  drain_options() = default;

  /// Calls `told` on the uploader's executor for each finished file, after its disposal; it must neither
  /// block nor throw.
  drain_options& on_record(observer told) & {
    on_record_ = std::move(told);
    return *this;
  }
  /// The same of a temporary.
  drain_options on_record(observer told) && { return std::move(on_record(std::move(told))); }
  /// Keeps the records in memory and returns them in run_summary::records, in the order of the source, as a
  /// parallel map would.
  drain_options& collect(bool yes = true) & noexcept {
    collects_ = yes;
    return *this;
  }
  /// The same of a temporary.
  drain_options collect(bool yes = true) && noexcept { return std::move(collect(yes)); }

  /// Returns the observer; empty when none was given.
  const observer& on_record() const noexcept { return on_record_; }
  /// Whether records are kept.
  bool collects() const noexcept { return collects_; }

 private:
  observer on_record_;
  bool collects_ = false;
};

}  // namespace sluice
