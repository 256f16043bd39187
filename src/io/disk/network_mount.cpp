#include "io/disk/network_mount.hpp"

#include "io/disk/directory.hpp"

#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace sluice::io {
namespace {

constexpr unsigned long fuse_type = 0x65735546;

// The list comes from linux/magic.h, statfs(2) and the file systems' own sources.
constexpr std::array<std::pair<unsigned long, std::string_view>, 16> network_types{{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB"},
    {0x0BD00BD0, "Lustre"},
    {0x00C36400, "Ceph"},
    {0x47504653, "GPFS"},
    {0x19830326, "BeeGFS"},
    {0x20030528, "OrangeFS"},
    {0xAAD7AAEA, "PanFS"},
    {0x01021997, "9P"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x73757245, "Coda"},
    {0x564C, "NCP"},
    {0x786F4256, "vboxsf"},
}};

constexpr std::array<std::string_view, 26> network_fuse_types{
    "virtiofs",        "fuse.sshfs",     "fuse.glusterfs", "fuse.ceph",     "fuse.ceph-fuse",
    "fuse.s3fs",       "fuse.goofys",    "fuse.geesefs",   "fuse.mount-s3", "fuse.mountpoint-s3",
    "fuse.gcsfuse",    "fuse.blobfuse",  "fuse.blobfuse2", "fuse.rclone",   "fuse.davfs",
    "fuse.davfs2",     "fuse.juicefs",   "fuse.seaweedfs", "fuse.moosefs",  "fuse.mfs",
    "fuse.lizardfs",   "fuse.curlftpfs", "fuse.smbnetfs",  "fuse.fuse-nfs", "fuse.cvmfs2",
    "fuse.vmhgfs-fuse"};

/// The next word of `line`, taken off.
std::string_view take_word(std::string_view& line) noexcept {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

}  // namespace

std::string_view network_name_of(unsigned long statfs_type) noexcept {
  const auto at = std::ranges::find(network_types, statfs_type & 0xffffffffUL,
                                    &decltype(network_types)::value_type::first);
  return at == network_types.end() ? std::string_view{} : at->second;
}

bool is_network_fuse(std::string_view mount_type) noexcept {
  return std::ranges::find(network_fuse_types, mount_type) != network_fuse_types.end();
}

std::string_view mount_type_of(std::string_view mountinfo, unsigned major, unsigned minor) noexcept try {
  const auto device = std::to_string(major) + ':' + std::to_string(minor);
  std::string_view type;
  while (!mountinfo.empty()) {
    auto line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(mountinfo.size(), line.size() + 1));
    take_word(line), take_word(line);  // the mount's number, and its parent's
    if (take_word(line) != device) continue;
    const auto dash = line.find(" - ");
    if (dash == line.npos) continue;
    line.remove_prefix(dash + 3);
    type = take_word(line);
  }
  return type;
} catch (const std::bad_alloc&) {
  return {};
}

std::string network_file_system(const directory& dir) {
  struct statfs s{};
  if (::fstatfs(dir.fd(), &s) != 0) return {};
  const auto type = static_cast<unsigned long>(s.f_type);
  if ((type & 0xffffffffUL) != fuse_type) return std::string{network_name_of(type)};
  std::ifstream in{"/proc/self/mountinfo"};
  std::ostringstream all;
  all << in.rdbuf();
  const auto mounts = all.str();
  const auto of = mount_type_of(mounts, major(dir.device()), minor(dir.device()));
  return is_network_fuse(of) ? std::string{of} : std::string{};
}

}  // namespace sluice::io
