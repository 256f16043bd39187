#include "sweep/sweep.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

namespace sweep {
namespace {

using json = nlohmann::json;
using std::chrono::steady_clock;

/// The points that were chosen, in a fixed order for a seed.
points chosen(points all, const settings& s) {
  if (!s.only.empty()) {
    std::erase_if(all, [&](const point& p) {
      return p.name != s.only && !(s.only.ends_with('/') && p.name.starts_with(s.only));
    });
    if (all.empty())
      throw std::runtime_error("no such place in this reference run; try again, or take the next");
    return all;
  }
  if (!s.sample) return all;
  std::mt19937_64 random{s.seed};
  std::ranges::shuffle(all, random);
  const auto wanted = *s.sample <= 1 ? std::ceil(*s.sample * static_cast<double>(all.size())) : *s.sample;
  all.resize(std::min(all.size(), static_cast<std::size_t>(wanted)));
  return all;
}

outcome guarded(const point& p) {
  try {
    return p.run();
  } catch (const std::exception& e) {
    return {.problems = {e.what()}};
  }
}

void write_line(int to, const json& line) {
  const auto text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const auto n = ::write(to, text.data() + at, text.size() - at);
    if (n < 0) ::_exit(1);
    at += static_cast<std::size_t>(n);
  }
}

/// Runs every `step`th point from `first` on and writes a line on each.
[[noreturn]] void work(const points& list, std::size_t first, std::size_t step, int to) {
  for (auto i = first; i < list.size(); i += step) {
    const auto o = guarded(list[i]);
    write_line(to, {{"point", i},
                    {"reached", o.reached},
                    {"lost", o.lost},
                    {"duplicates", o.duplicates},
                    {"problems", o.problems}});
  }
  ::_exit(0);
}

/// Workers are processes: a file that one thread is writing would be open in the children of another's fork,
/// and sluice passes over a file that somebody has open for writing.
FILE* start_workers(const points& list, unsigned jobs) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  for (unsigned i = 0; i < jobs; ++i) {
    const auto pid = ::fork();
    if (pid < 0) throw std::runtime_error("no fork");
    if (pid == 0) {
      ::close(ends[0]);
      work(list, i, jobs, ends[1]);
    }
  }
  ::close(ends[1]);
  return ::fdopen(ends[0], "r");
}

class account {
 public:
  account(std::string name, const points& list) : name_{std::move(name)}, list_{list} {}

  void add(const json& line) {
    const auto& problems = line.at("problems");
    ++sum.points;
    sum.lost += line.at("lost").get<std::uint64_t>();
    sum.duplicates += line.at("duplicates").get<std::uint64_t>();
    if (line.at("reached") == false) ++sum.unreached;
    if (!problems.empty()) tell(list_.at(line.at("point")).name, problems);
    if (const auto now = steady_clock::now(); now - told_ > std::chrono::seconds{20}) {
      told_ = now;
      std::cout << name_ << ": " << sum.points << " of " << list_.size() << '\n' << std::flush;
    }
  }

  totals sum;

 private:
  void tell(const std::string& point, const json& problems) {
    ++sum.failures;
    std::cout << "FAILED " << name_ << ' ' << point << '\n';
    for (const auto& line : problems) std::cout << "  " << line.get<std::string>() << '\n';
    std::cout << "  again: sluice_sweep " << name_ << " --only '" << point << "'\n" << std::flush;
  }

  std::string name_;
  const points& list_;
  steady_clock::time_point told_ = steady_clock::now();
};

}  // namespace

totals& totals::operator+=(const totals& other) {
  points += other.points, unreached += other.unreached, lost += other.lost;
  duplicates += other.duplicates, failures += other.failures;
  return *this;
}

std::string totals::text() const {
  return std::to_string(points) + " points, " + std::to_string(lost) + " lost, " +
         std::to_string(duplicates) + " duplicates" + (failures == 0 ? " (all explained), " : ", ") +
         std::to_string(failures) + " failures";
}

totals run_all(const std::string& name, points all, const settings& s) {
  const auto list = chosen(std::move(all), s);
  std::cout << std::flush;  // or each worker would have it to write
  account result{name, list};
  auto* lines = start_workers(list, s.jobs);
  char* line = nullptr;
  std::size_t room = 0;
  while (::getline(&line, &room, lines) > 0) result.add(json::parse(line));
  ::free(line);
  std::fclose(lines);
  while (::wait(nullptr) > 0) {
  }
  if (const auto missing = list.size() - result.sum.points; missing > 0) {
    std::cout << name << ": a worker ended before its time, " << missing << " points were not judged\n";
    ++result.sum.failures;
  }
  return result.sum;
}

}  // namespace sweep
