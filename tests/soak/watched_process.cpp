#include "soak/watched_process.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace soak {
namespace {

std::size_t entries(const std::string& directory) {
  const std::filesystem::directory_iterator all{directory};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

sample look_at(pid_t pid) {
  const auto proc = "/proc/" + std::to_string(pid);
  sample s{std::chrono::steady_clock::now()};
  std::ifstream status{proc + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) s.kib = std::stoul(line.substr(8));
  s.descriptors = entries(proc + "/fd"), s.threads = entries(proc + "/task");
  std::ifstream stat{proc + "/stat"};
  std::string text{std::istreambuf_iterator<char>{stat}, {}};
  text.erase(0, text.rfind(')') + 2);  // the name may have spaces
  std::size_t at = 0;
  for (int field = 3; field < 14; ++field) at = text.find(' ', at) + 1;
  std::size_t used = 0;
  const auto user = std::stoul(text.substr(at), &used);
  const auto system = std::stoul(text.substr(at + used));
  s.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return s;
}

}  // namespace soak
