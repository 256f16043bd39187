#include "io/disk/log_compaction.hpp"

#include "io/disk/log_sources.hpp"

#include "io/disk/log_file.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace sluice::io {
namespace {

constexpr std::size_t portion = 64 * 1024;
constexpr std::uint64_t sent_to_disk_at_once = 8 * 1024 * 1024;

error_code error_of(int result) { return result == 0 ? error_code{} : last_error(); }

bool same_file(const struct stat& a, const struct stat& b) noexcept {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

log_compaction::log_compaction(int log, std::filesystem::path path,
                               std::vector<std::shared_ptr<const directory>> roots)
    : log_{log, std::move(path)}, roots_{std::move(roots)} {}

log_compaction::~log_compaction() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

error_code log_compaction::open() {
  struct stat st{};
  if (::fstat(log_.fd, &st) != 0) return last_error();
  log_.end = report_.bytes_before = static_cast<std::uint64_t>(st.st_size);
  const auto name = log_.path.string() + ".compact";
  // The lock is ours: a file that is there was left by a process that was killed.
  if (::unlink(name.c_str()) != 0 && errno != ENOENT) return last_error();
  constexpr int flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  file_ = unique_fd{::open(name.c_str(), flags, 0600)};
  if (!file_) return last_error();
  beside_ = name;
  struct stat made{};
  if (::fstat(file_.get(), &made) != 0) return last_error();
  if ((made.st_uid != st.st_uid || made.st_gid != st.st_gid) &&
      ::fchown(file_.get(), st.st_uid, st.st_gid) != 0)
    return last_error();
  if (::fchmod(file_.get(), st.st_mode & 07777) != 0) return last_error();
  copy_log_sources(log_.fd, file_.get());
  index_.emplace(log_.end, roots_.size() == 1);
  index_->begin_pass();
  lines_ = lines();
  return {};
}

std::unique_ptr<log_lines> log_compaction::lines() const {
  return std::make_unique<log_lines>(std::make_unique<log_file>(log_.fd, log_.end));
}

bool log_compaction::step(error_code& ec) {
  if (lines_ && !copying_) return look_for_newest(ec);
  return lines_ ? copy_newest(ec) : copy_rest(ec);
}

bool log_compaction::look_for_newest(error_code& ec) {
  const bool more = lines_->step(
      [this](std::string_view line, bool whole) {
        if (const auto r = whole ? scanner_.read(line) : std::nullopt)
          index_->add(*r);
        else
          index_->add_other();
      },
      ec);
  if (ec) return false;
  if (more) return true;
  copying_ = !index_->begin_pass();
  lines_ = lines();
  return true;
}

bool log_compaction::copy_newest(error_code& ec) {
  const bool more = lines_->step(
      [this](std::string_view line, bool whole) {
        ++report_.lines;
        const bool newest = index_->is_newest(log_.line++);
        if (!whole) {
          ++report_.too_long;
          return;
        }
        if (!newest) return;
        const auto r = scanner_.read(line);
        if (!r) {
          if (line.empty()) return;  // an empty line only ended a torn one
          ++report_.others;
          return keep(line);
        }
        const bool there = is_there(*r);
        if (r->is_kept()) ++report_.known, report_.found += there ? 1 : 0;
        if (there) keep(line);
      },
      ec);
  if (!ec && (unwritten_.size() >= portion || !more)) ec = write_out();
  if (ec) return false;
  if (!more) lines_.reset(), index_.reset();
  return true;
}

void log_compaction::keep(std::string_view line) {
  ++report_.kept;
  unwritten_ += line;
  unwritten_ += '\n';
}

/// True for a file that resuming would know again, for a failure when anything has the name, and in doubt.
bool log_compaction::is_there(const core::record_view& r) const noexcept try {
  constexpr std::int64_t second = 1'000'000'000;
  const std::string path{r.path};
  for (const auto& root : roots_) {
    struct stat st{};
    if (stat_at(root->fd(), path, st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT && errno != ENOTDIR) return true;
      continue;
    }
    if (!r.is_kept()) return true;
    const auto f = identity_of(st);
    const auto nanoseconds = ((r.mtime_ns % second) + second) % second;
    const bool same_time =
        f.mtime_ns == r.mtime_ns || (f.mtime_ns % second == 0 && f.mtime_ns == r.mtime_ns - nanoseconds);
    if (S_ISREG(st.st_mode) && f.size == r.size && same_time) return true;
  }
  return false;
} catch (const std::bad_alloc&) {
  return true;
}

/// Copies lines that were appended meanwhile, as they are. The last of them are here when it returns false.
bool log_compaction::copy_rest(error_code& ec) {
  std::array<char, portion> buffer{};
  const auto n = ::pread(log_.fd, buffer.data(), buffer.size(), static_cast<off_t>(log_.end));
  if (n < 0) {
    if (errno == EINTR) return true;
    ec = last_error();
    return false;
  }
  log_.end += static_cast<std::uint64_t>(n);
  unwritten_.assign(buffer.data(), static_cast<std::size_t>(n));
  ec = write_out();
  return !ec && static_cast<std::size_t>(n) == buffer.size();
}

/// The disk gets its bytes as they come, so that there is little to wait for at the end.
error_code log_compaction::write_out() {
  std::string_view left = unwritten_;
  while (!left.empty()) {
    const auto n = ::write(file_.get(), left.data(), left.size());
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
  }
  const auto before = written_;
  written_ += unwritten_.size();
  unwritten_.clear();
  if (written_ / sent_to_disk_at_once != before / sent_to_disk_at_once)
    ::sync_file_range(file_.get(), 0, static_cast<off_t>(written_), SYNC_FILE_RANGE_WRITE);
  report_.bytes = written_;
  return {};
}

error_code log_compaction::finish() {
  struct stat ours{}, named{};
  if (::fstat(log_.fd, &ours) != 0) return last_error();
  if (static_cast<std::uint64_t>(ours.st_size) < log_.end)
    return errc::file_vanished;  // another process cut the log off
  if (const auto ec = error_of(::fsync(file_.get()))) return ec;
  const auto parent = log_.path.has_parent_path() ? log_.path.parent_path() : std::filesystem::path{"."};
  const unique_fd folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder) return last_error();
  if (::stat(log_.path.c_str(), &named) != 0 || !same_file(ours, named)) return errc::file_vanished;
  if (const auto ec = error_of(::rename(beside_.c_str(), log_.path.c_str()))) return ec;
  beside_.clear();
  // Some file systems have no such call for folders, and nothing better.
  if (::fsync(folder.get()) != 0 && errno != EINVAL) return last_error();
  return {};
}

}  // namespace sluice::io
