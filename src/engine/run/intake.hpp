// Makes jobs of a source's entries.
#pragma once

#include "engine/dispatch/dispatcher.hpp"
#include "engine/run/run.hpp"
#include "io/sources/entry.hpp"

#include <cstdint>
#include <string>

namespace sluice::engine {

class intake {
 public:
  intake(const context& c, dispatcher& d, run& owner) : context_{c}, dispatcher_{d}, owner_{owner} {}

  /// An entry becomes a job in the backlog, or has its fate at once.
  void take(io::entry& e);
  /// The next job of the run: its number is the entry's place among all.
  job job_of(io::entry& e);
  /// A dry run finishes the job; another puts it into the backlog. A file that finds no room in memory waits
  /// for the next run.
  void enqueue(job& j, dispatcher::turn t);

 private:
  void tell_bad_line(const io::entry_line& line);
  std::string take_line(job& j, io::entry_line& line);

  const context& context_;
  dispatcher& dispatcher_;
  run& owner_;
  std::uint64_t jobs_ = 0;
};

}  // namespace sluice::engine
