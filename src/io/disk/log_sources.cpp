#include "io/disk/log_sources.hpp"

#include <sys/xattr.h>

#include <algorithm>
#include <array>

namespace sluice::io {
namespace {

constexpr const char* attribute = "user.sluice.sources";
constexpr std::size_t most_bytes = 4096;

}  // namespace

/// Runs of several sources may share a log.
void note_log_sources(int log, const std::vector<std::string>& paths) {
  auto all = read_log_sources(log);
  for (const auto& p : paths)
    if (std::ranges::find(all, p) == all.end()) all.push_back(p);
  std::string text;
  for (const auto& p : all) text.append(p).push_back('\0');
  if (text.size() <= most_bytes) ::fsetxattr(log, attribute, text.data(), text.size(), 0);
}

std::vector<std::string> read_log_sources(int log) {
  std::array<char, most_bytes> text;
  const auto n = ::fgetxattr(log, attribute, text.data(), text.size());
  std::vector<std::string> all;
  auto at = text.begin();
  const auto end = text.begin() + std::max<ssize_t>(n, 0);
  while (at != end) {
    const auto stop = std::find(at, end, '\0');
    all.emplace_back(at, stop);
    at = stop == end ? end : stop + 1;
  }
  return all;
}

void copy_log_sources(int from, int to) { note_log_sources(to, read_log_sources(from)); }

}  // namespace sluice::io
