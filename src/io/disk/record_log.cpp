#include "io/disk/record_log.hpp"

#include "io/disk/directory.hpp"
#include "io/disk/log_compaction.hpp"
#include "io/disk/log_sources.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace sluice::io {
namespace {

constexpr std::size_t max_unwritten = 1 << 20;
constexpr off_t least_room = 4096;
constexpr std::size_t pipe_step = 4096;  ///< PIPE_BUF: what a writable pipe takes without blocking

}  // namespace

error_code record_log::open(const std::filesystem::path& path) {
  constexpr int tries = 3;
  error_code ec = errc::file_vanished;
  // A log that was made shorter between open and lock is another file now.
  for (int n = 0; n < tries && ec == errc::file_vanished; ++n) ec = open_file(path);
  return ec;
}

error_code record_log::open_file(const std::filesystem::path& path) {
  struct stat there{};
  // A fifo that nobody reads must not take lines: for writing alone it cannot be opened then (ENXIO).
  const bool fifo = path != "-" && ::stat(path.c_str(), &there) == 0 && S_ISFIFO(there.st_mode);
  const int flags = (fifo ? O_WRONLY : O_RDWR) | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  fd_ =
      unique_fd{path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : ::open(path.c_str(), flags, 0600)};
  if (!fd_) return last_error();
  // Where standard output was closed, its place is held by what can only be read (cli/standard_streams).
  if ((::fcntl(fd_.get(), F_GETFL) & O_ACCMODE) == O_RDONLY) {
    fd_ = {};
    return {EBADF, boost::system::system_category()};
  }
  struct stat st{};
  if (::fstat(fd_.get(), &st) != 0) return last_error();
  // A full disk is better known now than after the first upload.
  if (S_ISREG(st.st_mode) && ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, st.st_size, least_room) != 0 &&
      (errno == ENOSPC || errno == EDQUOT))
    return last_error();
  may_block_ = !S_ISREG(st.st_mode);
  if (!may_block_ && path != "-") {
    if (const auto ec = lock_file(path)) return ec;
    path_ = path, size_ = static_cast<std::uint64_t>(st.st_size);
  }
  char last = '\n';
  if (S_ISREG(st.st_mode) && st.st_size > 0 && path != "-" &&
      ::pread(fd_.get(), &last, 1, st.st_size - 1) == 1 && last != '\n')
    unwritten_ = "\n", ends_torn_line_ = true;
  return {};
}

/// A file system that has no locks is used all the same.
error_code record_log::lock_file(const std::filesystem::path& path) const {
  if (::flock(fd_.get(), LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK ? errc::locked : error_code{};
  struct stat ours{}, named{};
  const bool gone = ::fstat(fd_.get(), &ours) != 0 || ::stat(path.c_str(), &named) != 0 ||
                    ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
  return gone ? errc::file_vanished : error_code{};
}

error_code record_log::reopen(const std::filesystem::path& path) {
  record_log fresh;
  if (const auto ec = fresh.open(path)) return ec;
  const bool torn_here = fresh.ends_torn_line_;
  unwritten_ = (torn_here && !ends_torn_line_ ? fresh.unwritten_ : std::string{}) + unwritten_;
  ends_torn_line_ = ends_torn_line_ || torn_here;
  fd_ = std::move(fresh.fd_), may_block_ = fresh.may_block_;
  path_ = std::move(fresh.path_), size_ = fresh.size_;
  ++reopened_;
  note_sources(std::move(sources_));
  return {};
}

void record_log::note_sources(std::vector<std::string> paths) {
  sources_ = std::move(paths);
  if (!path_.empty() && !sources_.empty()) note_log_sources(fd_.get(), sources_);
}

void record_log::append(std::string line) {
  line.push_back('\n');
  if (!unwritten_.empty() && unwritten_.size() + line.size() > max_unwritten) {
    ++dropped_;
    if (failure_.empty()) failure_ = "nobody reads it";
  } else if (unwritten_.empty()) {
    unwritten_ = std::move(line);
  } else {
    unwritten_ += line;
  }
  flush();
}

bool record_log::flush() {
  while (!unwritten_.empty() && write_some()) {
  }
  if (unwritten_.empty()) failure_.clear();
  return unwritten_.empty() || !failure_.empty();
}

/// True when it makes sense to go on writing.
bool record_log::write_some() {
  auto n = unwritten_.size();
  if (may_block_) {
    pollfd p{fd_.get(), POLLOUT, 0};
    if (::poll(&p, 1, 0) != 1) return false;
    if ((p.revents & (POLLERR | POLLHUP)) != 0) {  // no reader any more: a write would be SIGPIPE
      failure_ = "nobody reads it any more";
      return false;
    }
    if ((p.revents & POLLOUT) == 0) return false;
    n = std::min(n, pipe_step);
  }
  const auto written = ::write(fd_.get(), unwritten_.data(), n);
  if (written < 0) {
    if (errno != EINTR && errno != EAGAIN) failure_ = last_error().message();
    return errno == EINTR;
  }
  if (written > 0) ends_torn_line_ = false;
  if (!may_block_) size_ += static_cast<std::uint64_t>(written);
  unwritten_.erase(0, static_cast<std::size_t>(written));
  return true;
}

class record_log::shortening final : public log_shortening {
 public:
  shortening(record_log& log, std::filesystem::path real, std::vector<std::shared_ptr<const directory>> roots)
      : log_{log}, reopened_{log.reopened_}, file_{log.fd_.get(), std::move(real), std::move(roots)} {}
  ~shortening() override { ::flock(log_.fd_.get(), LOCK_SH | LOCK_NB); }
  shortening(const shortening&) = delete;
  error_code open() { return file_.open(); }

  bool step(error_code& ec) override {
    if (log_.reopened_ != reopened_) return false;  // the log is another file now
    if (file_.step(ec)) return true;
    if (!ec) ec = file_.finish();
    if (ec == errc::file_vanished) ec = {};  // a log that was rotated begins anew
    if (file_.is_in_place()) put_in_place();
    return false;
  }
  bool is_in_place() const noexcept override { return in_place_; }

 private:
  void put_in_place() {
    log_.fd_ = file_.take_file();
    log_.size_ = file_.report().bytes;
    in_place_ = true;
  }

  record_log& log_;
  const std::uint64_t reopened_;
  log_compaction file_;
  bool in_place_ = false;
};

std::unique_ptr<log_shortening> record_log::shorten(std::vector<std::shared_ptr<const directory>> roots,
                                                    error_code& ec) {
  if (!flush() || !unwritten_.empty()) {
    ec = make_error_code(boost::system::errc::io_error);
    return nullptr;
  }
  std::error_code no_path;
  auto real = std::filesystem::canonical(path_, no_path);  // a link to the log stays
  if (no_path) {
    ec = {no_path.value(), boost::system::system_category()};
    return nullptr;
  }
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    ec = errno == EWOULDBLOCK ? error_code{errc::locked} : last_error();
    ::flock(fd_.get(), LOCK_SH | LOCK_NB);
    return nullptr;
  }
  auto begun = std::make_unique<shortening>(*this, std::move(real), std::move(roots));
  ec = begun->open();
  if (ec) return nullptr;
  return begun;
}

std::uint64_t record_log::dropped() const noexcept {
  const auto waiting = static_cast<std::uint64_t>(std::ranges::count(unwritten_, '\n'));
  return dropped_ + waiting - (ends_torn_line_ ? 1 : 0);
}

}  // namespace sluice::io
