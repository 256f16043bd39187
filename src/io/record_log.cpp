#include "io/record_log.hpp"

#include "core/record.hpp"
#include "io/directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace sluice::io {
namespace {

constexpr std::size_t max_unwritten = 1 << 20;
constexpr std::size_t pipe_step = 4096;  ///< PIPE_BUF: what a writable pipe takes without blocking

}  // namespace

error_code record_log::open(const std::filesystem::path& path) {
  fd_ =
      unique_fd{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                            : ::open(path.c_str(),
                                     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600)};
  if (!fd_) return last_error();
  struct stat st{};
  if (::fstat(fd_.get(), &st) != 0) return last_error();
  may_block_ = !S_ISREG(st.st_mode);
  char last = '\n';
  if (S_ISREG(st.st_mode) && st.st_size > 0 && path != "-" &&
      ::pread(fd_.get(), &last, 1, st.st_size - 1) == 1 && last != '\n')
    unwritten_ = "\n", ends_torn_line_ = true;
  return {};
}

error_code record_log::reopen(const std::filesystem::path& path) {
  record_log fresh;
  if (const auto ec = fresh.open(path)) return ec;
  const bool torn_here = fresh.ends_torn_line_;
  unwritten_ = (torn_here && !ends_torn_line_ ? fresh.unwritten_ : std::string{}) + unwritten_;
  ends_torn_line_ = ends_torn_line_ || torn_here;
  fd_ = std::move(fresh.fd_), may_block_ = fresh.may_block_;
  return {};
}

void record_log::append(std::string line) {
  line.push_back('\n');
  if (!unwritten_.empty() && unwritten_.size() + line.size() > max_unwritten) {
    ++dropped_;
  } else if (unwritten_.empty()) {
    unwritten_ = std::move(line);
  } else {
    unwritten_ += line;
  }
  while (!unwritten_.empty() && write_some()) {
  }
}

/// True when it makes sense to go on writing.
bool record_log::write_some() {
  auto n = unwritten_.size();
  if (may_block_) {
    pollfd p{fd_.get(), POLLOUT, 0};
    if (::poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0) return false;
    if ((p.revents & (POLLERR | POLLHUP)) != 0) return false;  // no reader any more: a write would be SIGPIPE
    n = std::min(n, pipe_step);
  }
  const auto written = ::write(fd_.get(), unwritten_.data(), n);
  if (written < 0) return errno == EINTR;
  if (written > 0) ends_torn_line_ = false;
  unwritten_.erase(0, static_cast<std::size_t>(written));
  return true;
}

std::uint64_t record_log::dropped() const noexcept {
  const auto waiting = static_cast<std::uint64_t>(std::ranges::count(unwritten_, '\n'));
  return dropped_ + waiting - (ends_torn_line_ ? 1 : 0);
}

error_code accepted_keys::read(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return errno == ENOENT ? error_code{} : last_error();
  return read(in);
}

error_code accepted_keys::read(std::istream& in) {
  for (std::string line; std::getline(in, line);) {
    const auto record = core::parse_record(line);
    if (!record || (record->fate != fate::accepted && record->fate != fate::undeletable)) continue;
    // Should it be there all the same, we were killed before, or the disk forgot: only a new confirmation
    // can take it away.
    if (record->taken_away) continue;
    if (packed key{}; pack(record->key, key)) shelves_[key[0]].push_back(key);
  }
  for (auto& shelf : shelves_) {
    std::ranges::sort(shelf);
    const auto twice = std::ranges::unique(shelf);
    shelf.erase(twice.begin(), twice.end());
  }
  return in.bad() ? error_code{EIO, boost::system::system_category()} : error_code{};
}

bool accepted_keys::contains(std::string_view key) const noexcept {
  packed k{};
  return pack(key, k) && std::ranges::binary_search(shelves_[k[0]], k);
}

void accepted_keys::add(std::string_view key) {
  packed k{};
  if (!pack(key, k)) return;
  auto& shelf = shelves_[k[0]];
  const auto at = std::ranges::lower_bound(shelf, k);
  if (at == shelf.end() || *at != k) shelf.insert(at, k);
}

std::size_t accepted_keys::size() const noexcept {
  std::size_t n = 0;
  for (const auto& shelf : shelves_) n += shelf.size();
  return n;
}

bool accepted_keys::pack(std::string_view key, packed& out) noexcept {
  std::size_t digits = 0;
  for (const char c : key) {
    if (c == '-') continue;
    const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (v < 0 || digits == 32) return false;
    out[digits / 2] = static_cast<unsigned char>(digits % 2 == 0 ? v << 4 : out[digits / 2] | v);
    ++digits;
  }
  return digits == 32;
}

}  // namespace sluice::io
