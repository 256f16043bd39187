#include "console.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::cli {
namespace {

constexpr std::size_t pipe_piece = 4096;  ///< PIPE_BUF: a writable pipe takes so much without blocking
constexpr std::string_view erase = "\r\x1b[K";

bool is_regular() {
  struct stat st{};
  return ::fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace

console::console() : terminal_{::isatty(STDERR_FILENO) == 1}, regular_{is_regular()} {}

std::size_t console::columns() const noexcept {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void console::line(std::string_view text) {
  std::string out;
  if (!status_.empty()) out += erase;
  out += text;
  out += '\n';
  out += status_;
  write(out);
}

void console::status(std::string_view text) {
  if (!terminal_) return;
  status_ = text;
  write(std::string{erase} + status_);
}

void console::keep_status() {
  if (status_.empty()) return;
  status_.clear();
  write("\n");
}

void console::write(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd p{STDERR_FILENO, POLLOUT, 0};
    if (!regular_ && (::poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0)) break;
    const auto n =
        ::write(STDERR_FILENO, bytes.data(), regular_ ? bytes.size() : std::min(bytes.size(), pipe_piece));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (!bytes.empty()) ++dropped_;
}

}  // namespace sluice::cli
