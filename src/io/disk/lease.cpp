#include "io/disk/lease.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace sluice::io {
namespace {

// The list has file systems that keep their files on a device, or in the memory, of this machine alone. It
// comes from linux/magic.h and the file systems' own sources.
constexpr std::array<unsigned long, 13> own_file_systems{
    0xEF53,      // ext2, ext3, ext4
    0x58465342,  // xfs
    0x9123683E,  // btrfs
    0x01021994,  // tmpfs
    0x858458f6,  // ramfs
    0xF2F52010,  // f2fs
    0x2FC12FC1,  // zfs
    0xca451a4e,  // bcachefs
    0x3153464a,  // jfs
    0x52654973,  // reiserfs
    0x4d44,      // vfat
    0x2011BAB0,  // exfat
    0x3434,      // nilfs2
};

/// The answer is that of the first lease of the process: to ask costs as much as F_SETSIG.
bool is_sigio_ignored() noexcept {
  static const bool is_ignored = [] {
    struct sigaction now{};
    return ::sigaction(SIGIO, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 &&
           now.sa_handler == SIG_IGN;
  }();
  return is_ignored;
}

}  // namespace

lease::lease(int fd, bool sees_all) noexcept : fd_{fd} {
  if (!is_sigio_ignored() && ::fcntl(fd, F_SETSIG, SIGURG) != 0) return;
  held_ = ::fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
  if (held_ && sees_all) answer_ = answer::no_writer;
  if (!held_ && errno == EAGAIN) answer_ = answer::has_writer;
}

lease::~lease() {
  if (held_) ::fcntl(fd_, F_SETLEASE, F_UNLCK);
}

bool sees_all_writers(int fd) noexcept {
  struct statfs s{};
  if (::fstatfs(fd, &s) != 0) return false;
  return std::ranges::find(own_file_systems, static_cast<unsigned long>(s.f_type) & 0xffffffffUL) !=
         own_file_systems.end();
}

std::string why_no_lease(int fd) {
  if (!sees_all_writers(fd)) return "its file system can be written from elsewhere";
  struct stat st{};
  if (::fstat(fd, &st) == 0 && st.st_uid != ::geteuid())
    return "the files belong to user " + std::to_string(st.st_uid) + ", and this process is user " +
           std::to_string(::geteuid()) + " without CAP_LEASE";
  return "the kernel grants no leases here";
}

}  // namespace sluice::io
