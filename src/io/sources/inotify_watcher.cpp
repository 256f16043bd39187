#include "io/sources/inotify_watcher.hpp"

#include "io/disk/unique_fd.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::io {
namespace {

constexpr std::size_t event_buffer_size = 16 * 1024;
constexpr std::uint32_t of_files = IN_CLOSE_WRITE | IN_MOVED_TO | IN_EXCL_UNLINK | IN_ONLYDIR;
constexpr std::uint32_t of_directories = IN_CREATE | IN_MOVED_FROM;  // no mask is for directories alone
constexpr std::uint32_t of_root = IN_DELETE_SELF | IN_MOVE_SELF;

std::string joined(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

/// Whether the path that the directory was opened by still leads to it.
bool is_at_its_path(const directory& dir) noexcept {
  struct stat opened{}, there{};
  return ::fstat(dir.fd(), &opened) == 0 && ::stat(dir.path().c_str(), &there) == 0 &&
         opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

}  // namespace

std::shared_ptr<inotify_watcher> inotify_watcher::make(asio::any_io_executor executor,
                                                       std::function<void()> news) {
  return std::make_shared<inotify_watcher>(std::move(executor), std::move(news));
}

inotify_watcher::inotify_watcher(asio::any_io_executor executor, std::function<void()> news)
    : news_{std::move(news)} {
  unique_fd fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!fd) return;
  asio::posix::stream_descriptor kernel{executor};
  error_code ec;
  kernel.assign(fd.get(), ec);
  if (ec) return;
  fd.release();
  kernel_.emplace(std::move(kernel));
}

/// The watch is made by descriptor: whatever has become of the name, it is this directory that is watched.
int inotify_watcher::watch(const directory& dir, std::size_t root, const std::string& path, bool deep) {
  errno = EMFILE;
  if (!kernel_) return -1;
  const auto name = "/proc/self/fd/" + std::to_string(dir.fd());
  const auto mask = of_files | (deep ? of_directories : 0) | (path.empty() ? of_root : 0);
  int watch = ::inotify_add_watch(kernel_->native_handle(), name.c_str(), mask);
  if (watch < 0 && errno == ENOENT && is_at_its_path(dir))  // a root without /proc
    watch = ::inotify_add_watch(kernel_->native_handle(), dir.path().c_str(), mask);
  if (watch < 0) return -1;
  places_.insert_or_assign(watch, place{root, path});
  arm();
  return watch;
}

void inotify_watcher::unwatch(int watch, std::size_t root, const std::string& path) noexcept {
  const auto at = places_.find(watch);
  if (!kernel_ || at == places_.end() || at->second.root != root || at->second.path != path) return;
  places_.erase(at);
  ::inotify_rm_watch(kernel_->native_handle(), watch);
}

void inotify_watcher::arm() {
  if (armed_ || !kernel_) return;
  armed_ = true;
  kernel_->async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (!self || ec) return;
    self->armed_ = false;
    if (self->news_) self->news_();
  });
}

void inotify_watcher::stop() noexcept {
  news_ = nullptr;
  kernel_.reset();
  places_.clear();
  position_ = filled_ = 0;
}

bool inotify_watcher::fill() {
  if (!kernel_) return false;
  buffer_.resize(event_buffer_size);
  const auto n = ::read(kernel_->native_handle(), buffer_.data(), buffer_.size());
  if (n <= 0) {
    arm();
    return false;
  }
  position_ = 0, filled_ = static_cast<std::size_t>(n);
  return true;
}

std::optional<inotify_watcher::change> inotify_watcher::next() {
  while (position_ < filled_ || fill()) {
    inotify_event e{};
    std::memcpy(&e, buffer_.data() + position_, sizeof e);
    const char* name = buffer_.data() + position_ + sizeof e;  // padded with NUL
    position_ += sizeof e + e.len;
    if (auto c = understand(e.wd, e.mask, e.len > 0 ? std::string{name} : std::string{})) return c;
  }
  return std::nullopt;
}

std::optional<inotify_watcher::change> inotify_watcher::understand(int watch, std::uint32_t mask,
                                                                   const std::string& name) {
  using kind = change::kind;
  if ((mask & IN_Q_OVERFLOW) != 0) return change{};
  const auto at = places_.find(watch);
  if (at == places_.end()) return std::nullopt;  // forgotten, and this came before the kernel knew
  const auto where = at->second;
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
    if ((mask & IN_IGNORED) != 0) places_.erase(at);
    if (!where.path.empty()) return std::nullopt;
    return change{kind::root_gone, where.root, {}};
  }
  auto path = joined(where.path, name);
  if ((mask & IN_ISDIR) == 0) {
    if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) == 0) return std::nullopt;
    return change{kind::file, where.root, std::move(path)};
  }
  if ((mask & IN_MOVED_FROM) != 0) forget_below({where.root, path});
  if ((mask & (IN_CREATE | IN_MOVED_TO)) == 0) return std::nullopt;
  return change{kind::directory, where.root, std::move(path)};
}

/// A directory went away with all that is below it: its watches would tell of names that are no longer true.
void inotify_watcher::forget_below(const place& moved) {
  std::erase_if(places_, [&](const auto& p) {
    const auto& [watch, at] = p;
    const bool below = at.root == moved.root && at.path.starts_with(moved.path) &&
                       (at.path.size() == moved.path.size() || at.path[moved.path.size()] == '/');
    if (below) ::inotify_rm_watch(kernel_->native_handle(), watch);
    return below;
  });
}

}  // namespace sluice::io
