#include "process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace sluice::cli {
namespace {

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

void read_memory(process_figures& f) {
  std::ifstream in{"/proc/self/statm"};
  double all = 0, resident = 0;
  if (!(in >> all >> resident)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  f.virtual_bytes = all * page, f.resident_bytes = resident * page;
}

void read_files(process_figures& f) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    f.most_files = static_cast<double>(limit.rlim_cur);
  std::error_code ec;
  double open = 0;
  std::filesystem::directory_iterator each{"/proc/self/fd", ec};
  for (; !ec && each != std::filesystem::directory_iterator{}; each.increment(ec)) ++open;
  if (!ec && open > 0) f.open_files = open - 1;  // the listing itself holds one
}

/// proc(5): field 22 of stat is the start in ticks since boot; the name before it may hold anything.
std::optional<double> start_time() {
  std::ifstream in{"/proc/self/stat"};
  std::string word;
  in.ignore(std::numeric_limits<std::streamsize>::max(), '(');
  std::getline(in, word);
  const auto end = word.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  std::size_t at = end + 1;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = word.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  timespec up{};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  const auto age = static_cast<double>(up.tv_sec) + static_cast<double>(up.tv_nsec) / 1e9 -
                   std::strtod(word.c_str() + at, nullptr) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() - age;
}

}  // namespace

process_figures process_figures::now() {
  static const auto since = start_time();
  process_figures f;
  f.cpu_seconds = cli::cpu_seconds();
  f.started = since;
  read_memory(f);
  read_files(f);
  return f;
}

}  // namespace sluice::cli
