#include "output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sluice::cli {
namespace {

constexpr std::chrono::milliseconds patience{3000};

/// Empty when all is written.
std::string write_all(int fd, std::string_view text, std::chrono::milliseconds wait) {
  constexpr std::size_t step = 4096;  // PIPE_BUF: what a writable pipe takes without blocking
  while (!text.empty()) {
    pollfd p{fd, POLLOUT, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(wait.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return "nobody reads it";
    const auto n = ::write(fd, text.data(), std::min(text.size(), step));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return std::strerror(errno);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

output_file::output_file(const std::string& path)
    : fd_{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666)} {
  if (fd_ < 0) problem_ = errno == ENXIO ? "nobody reads it" : std::strerror(errno);
}

output_file::~output_file() {
  if (fd_ >= 0) ::close(fd_);
}

bool output_file::write(std::string_view text, std::chrono::milliseconds wait) {
  if (problem_.empty()) problem_ = write_all(fd_, text, wait);
  return problem_.empty();
}

bool write_to_standard_output(std::string_view text) {
  return write_all(STDOUT_FILENO, text, patience).empty();
}

std::string write_output(const std::string& where, std::string_view text) {
  if (where == "-") return write_all(STDOUT_FILENO, text, patience);
  output_file file{where};
  file.write(text, patience);
  return file.problem();
}

std::string why_not_writable(const std::string& where) {
  if (where == "-") return {};
  struct stat st{};
  if (::stat(where.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return std::strerror(EISDIR);
    return ::access(where.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
  }
  if (errno != ENOENT) return std::strerror(errno);
  const auto folder = std::filesystem::path{where}.parent_path();
  return ::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0 ? "" : std::strerror(errno);
}

}  // namespace sluice::cli
