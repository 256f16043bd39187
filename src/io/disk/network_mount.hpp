// Whether other machines may work on a directory at the same time.
#pragma once

#include <string>
#include <string_view>

namespace sluice::io {

class directory;

/// The name of the network file system that `dir` is on (`NFS`, `Lustre`, `fuse.sshfs`), where a lock of a
/// directory may be seen by this machine alone. Empty: it is on none that is known, or that cannot be told.
std::string network_file_system(const directory& dir);

/// The same of the type that statfs(2) tells; empty as well for FUSE, which only its mount tells more of.
std::string_view network_name_of(unsigned long statfs_type) noexcept;
/// Whether the type of a mount, as mountinfo has it, is a FUSE file system over a network.
bool is_network_fuse(std::string_view mount_type) noexcept;
/// The type of the mount of device `major`:`minor` in `mountinfo` (proc(5)), the last one where there are
/// several; empty: none.
std::string_view mount_type_of(std::string_view mountinfo, unsigned major, unsigned minor) noexcept;

}  // namespace sluice::io
