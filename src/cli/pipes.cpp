#include "pipes.hpp"

#include "cli/options/credential.hpp"
#include "cli/terminal/standard_streams.hpp"

#include <sluice/text.hpp>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

constexpr std::size_t most = 16u << 20;  ///< a bundle of certificates has a quarter of a megabyte

class descriptor {
 public:
  explicit descriptor(int fd) : fd_{fd} {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Empty when all of it is there, else what went wrong.
std::string copy(int from, int to) {
  std::array<char, 16384> buffer{};
  std::string problem;
  for (std::size_t total = 0; problem.empty();) {
    const auto n = ::read(from, buffer.data(), buffer.size());
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || !write_all(to, {buffer.data(), static_cast<std::size_t>(n)}))
      problem = std::strerror(errno);
    else if ((total += static_cast<std::size_t>(n)) > most)
      problem = "has no end within 16 MiB";
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return problem;
}

bool is_read_once(const std::string& file) {
  struct stat st{};
  return ::stat(file.c_str(), &st) == 0 &&
         (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) || S_ISSOCK(st.st_mode));
}

/// The name of a file in memory with the same bytes. It stays open as long as the program runs.
std::string keep(const std::string& file, std::string& problem) {
  const descriptor from{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  descriptor memory{::memfd_create("sluice", MFD_CLOEXEC)};
  if (from.get() < 0 || memory.get() < 0 || ::fchmod(memory.get(), 0600) != 0) {
    problem = std::strerror(errno);
    return {};
  }
  problem = copy(from.get(), memory.get());
  return problem.empty() ? "/proc/self/fd/" + std::to_string(memory.release()) : "";
}

/// A value of standard input that one option has read is gone for another, but for files that are kept, which
/// share what was read.
void check_standard_input(const raw_options& options, std::vector<std::string>& problems) {
  constexpr std::array whole{"config", "files-from", "files-from0", "files-from-json"};
  constexpr std::array kept{"header", "user", "oauth2-bearer", "pass",         "cacert",
                            "cert",   "key",  "proxy-user",    "proxy-header", "proxy-cacert"};
  std::vector<std::string> readers;
  const auto look_at = [&](const char* option) {
    if (std::ranges::any_of(options.list(option), is_standard_input))
      readers.push_back(options.where(option));
  };
  for (const auto* option : whole) look_at(option);
  // Lists contradict each other whatever they read.
  const auto is_list = [&](const char* option) { return option != whole.front() && options.has(option); };
  for (auto lists = std::ranges::count_if(whole, is_list); lists > 1 && readers.size() > 1; --lists)
    readers.pop_back();
  const auto others = readers.size();
  for (const auto* option : kept) look_at(option);
  if (readers.empty()) return;
  if (!has_standard_input())
    problems.push_back(readers.front() + ": standard input is closed; nothing can be read from it");
  else if (others > 1 || (others == 1 && readers.size() > 1))
    problems.push_back(readers[0] + " and " + readers[1] +
                       " contradict each other: both would read standard input; give one a file");
}

}  // namespace

bool is_standard_input(std::string_view value) {
  if (value.starts_with('@')) value.remove_prefix(1);
  return value == "-" || value == "/dev/stdin" || value == "/dev/fd/0" || value == "/proc/self/fd/0";
}

void keep_pipes(raw_options& options, std::vector<std::string>& problems) {
  check_standard_input(options, problems);
  const auto kept = [&](const std::string& option, const std::string& file) -> std::string {
    if (!is_read_once(file)) return {};
    for (const auto& [name, given] : options.kept)
      if (given == file) return name;
    std::string problem;
    auto name = keep(file, problem);
    if (!problem.empty())
      problems.push_back(options.where(option) + ": cannot read '" + printable(file) + "': " + problem);
    else
      options.kept.emplace_back(name, file);
    return name;
  };
  for (const auto* option : {"cacert", "cert", "key", "proxy-cacert"})
    for (auto& text : options.values(option))
      if (auto name = kept(option, credential_path(text)); !name.empty()) text = std::move(name);
  for (const auto* option : {"header", "user", "oauth2-bearer", "pass", "proxy-user", "proxy-header"})
    for (auto& text : options.values(option))
      if (const auto file = header_file(text))
        if (const auto name = kept(option, *file); !name.empty()) text = "@" + name;
}

std::string in_given_names(std::string text, const raw_options& options) {
  for (const auto& [name, given] : options.kept)
    for (const auto quoted = "'" + name + "'"; text.find(quoted) != std::string::npos;)
      text.replace(text.find(quoted), quoted.size(), "'" + printable(given) + "'");
  return text;
}

}  // namespace sluice::cli
