#include "sink/store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace sink {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("cannot store " + what + ": " + std::strerror(errno));
}

}  // namespace

std::string safe_name(std::uint64_t n, std::string_view name) {
  char number[32];
  std::snprintf(number, sizeof number, "%08llu-", static_cast<unsigned long long>(n));
  std::string out{number};
  for (const char c : name.substr(0, 200)) {
    const bool safe = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '.' || c == '_' || c == '-';
    out.push_back(safe ? c : '_');
  }
  return out;
}

stored_file::stored_file(const std::string& directory, std::uint64_t n, std::string_view name)
    : directory_{directory}, name_{safe_name(n, name)}, temporary_{directory + "/.part-" + name_} {
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) fail(temporary_);
}

stored_file::~stored_file() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void stored_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) fail(temporary_);
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

const std::string& stored_file::commit() {
  const int closed = ::close(std::exchange(fd_, -1));
  if (closed != 0 || ::rename(temporary_.c_str(), (directory_ + "/" + name_).c_str()) != 0) fail(name_);
  return name_;
}

}  // namespace sink
