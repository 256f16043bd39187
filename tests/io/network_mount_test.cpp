#include "io/disk/network_mount.hpp"

#include "io/disk/directory.hpp"
#include "support/loop_scratch.hpp"

#include <gtest/gtest.h>

namespace sluice::io {
namespace {

constexpr std::string_view mountinfo =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
    "31 22 0:45 / /mnt/a\\040b rw,nosuid shared:7 master:2 - fuse.sshfs me@host:/spool rw,user_id=0\n"
    "33 22 0:46 / /mnt/b rw - fuse.bindfs /srv rw\n"
    "34 22 0:45 /sub /elsewhere rw - fuse.sshfs me@host:/spool rw\n"
    "35 22 0:47 / /mnt/c rw,relatime";

TEST(network_mount, has_the_type_that_mountinfo_says) {
  EXPECT_EQ(mount_type_of(mountinfo, 254, 0), "ext4");
  EXPECT_EQ(mount_type_of(mountinfo, 0, 45), "fuse.sshfs");
  EXPECT_EQ(mount_type_of(mountinfo, 0, 46), "fuse.bindfs");
  EXPECT_EQ(mount_type_of(mountinfo, 0, 4), "");
  EXPECT_EQ(mount_type_of(mountinfo, 0, 47), "") << "a line without a type";
  EXPECT_EQ(mount_type_of("", 0, 45), "");
  EXPECT_EQ(mount_type_of("\n\n1\n1 2\n1 2 0:1\n", 0, 1), "");
}

TEST(network_mount, of_fuse_is_one_where_its_type_says_so) {
  for (const auto* type : {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "virtiofs"})
    EXPECT_TRUE(is_network_fuse(type)) << type;
  for (const auto* type : {"", "fuse", "fuseblk", "fuse.bindfs", "fuse.ntfs-3g", "ext4", "sshfs"})
    EXPECT_FALSE(is_network_fuse(type)) << type;
}

TEST(network_mount, has_a_name_by_the_type_of_statfs) {
  EXPECT_EQ(network_name_of(0x6969), "NFS");
  EXPECT_EQ(network_name_of(0xFF534D42), "CIFS");
  EXPECT_EQ(network_name_of(0xFFFFFFFFFF534D42), "CIFS") << "a type is a signed number on some machines";
  EXPECT_EQ(network_name_of(0x0BD00BD0), "Lustre");
  EXPECT_EQ(network_name_of(0x00C36400), "Ceph");
  EXPECT_EQ(network_name_of(0x47504653), "GPFS");
  for (const unsigned long own : {0xEF53UL, 0x58465342UL, 0x01021994UL, 0x794c7630UL, 0x65735546UL, 0UL})
    EXPECT_EQ(network_name_of(own), "") << own;
}

TEST(network_mount, is_none_of_this_machines_own_disks) {
  const loop::scratch tree;
  error_code ec;
  const auto dir = directory::open(tree.path(), ec);
  ASSERT_TRUE(dir) << ec.message();
  EXPECT_EQ(network_file_system(*dir), "");
}

}  // namespace
}  // namespace sluice::io
