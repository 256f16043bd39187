#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace sluice::cli {

bool write_to_standard_output(std::string_view text) {
  constexpr int patience_ms = 3000;
  constexpr std::size_t step = 4096;  // PIPE_BUF: what a writable pipe takes without blocking
  while (!text.empty()) {
    pollfd p{STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&p, 1, patience_ms) != 1 || (p.revents & POLLOUT) == 0) return false;
    const auto n = ::write(STDOUT_FILENO, text.data(), std::min(text.size(), step));
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool write_output(const std::string& where, std::string_view text) {
  if (where == "-") return write_to_standard_output(text);
  std::ofstream out{where, std::ios::binary | std::ios::trunc};
  out << text << std::flush;
  return static_cast<bool>(out);
}

}  // namespace sluice::cli
