#include "core/files/removal.hpp"

#include <cerrno>
#include <string>

namespace sluice::core {
namespace {

// Boost's base class has no virtual destructor; nothing is destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class obstacles final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sluice.obstacle"; }
  std::string message(int value) const override {
    switch (static_cast<obstacle>(value)) {
      case obstacle::immutable:
        return "the file is immutable (chattr -i lets it go)";
      case obstacle::append_only:
        return "the file is append-only (chattr -a lets it go)";
      case obstacle::mount_point:
        return "the file is a mount point";
      case obstacle::sticky_folder:
        return "the folder is sticky and the file is somebody else's";
      case obstacle::append_only_folder:
        return "the folder is append-only (chattr -a lets its files go)";
      case obstacle::immutable_folder:
        return "the folder is immutable (chattr -i lets its files go)";
      case obstacle::closed_folder:
        return "Permission denied in the folder";
      case obstacle::read_only:
        return "Read-only file system";
      case obstacle::another_file_system:
        return "the folder is on another file system, or another mount, than the directory to move to";
    }
    return "unknown obstacle";
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& obstacle_category() noexcept {
  static const obstacles instance;
  return instance;
}

error_code make_error_code(obstacle o) noexcept { return {static_cast<int>(o), obstacle_category()}; }

reach reach_of(const error_code& why, bool move) noexcept {
  namespace sys = boost::system::errc;
  if (is_obstacle(why)) {
    const auto o = static_cast<obstacle>(why.value());
    if (o == obstacle::read_only) return reach::file_system;
    return o <= obstacle::sticky_folder ? reach::file : reach::folder;
  }
  if (why == sys::read_only_file_system) return reach::file_system;
  if (why == sys::no_space_on_device || why.value() == EDQUOT)
    return move ? reach::target : reach::file_system;
  // A folder that is gone, or is none, is asked about where the error was made; so it is the file's name
  // here.
  for (const auto own :
       {sys::no_such_file_or_directory, sys::device_or_resource_busy, sys::is_a_directory,
        sys::text_file_busy, sys::filename_too_long, sys::file_exists, sys::not_enough_memory,
        sys::too_many_files_open, sys::interrupted, sys::too_many_files_open_in_system})
    if (why == own) return reach::file;
  return reach::folder;
}

std::optional<reach> held_folders::hold(std::uint64_t folder, std::uint64_t device,
                                        const removal_failure& f) {
  const auto anew = [](bool is_new, reach of) { return is_new ? std::optional{of} : std::nullopt; };
  switch (f.of) {
    case reach::file:  // where EPERM does not tell whose it is, two files tell that it is their folder's
      if (f.why != boost::system::errc::operation_not_permitted || doubtful_.size() >= most_ ||
          doubtful_.insert(folder).second)
        return std::nullopt;
      [[fallthrough]];
    case reach::folder:
      if (!is_of_file_system(folder, device, f.why)) {
        if (folders_.size() >= most_ && !folders_.contains(folder)) break;
        return anew(folders_.emplace(folder, f.why).second, reach::folder);
      }
      [[fallthrough]];
    case reach::file_system:
      if (devices_.size() >= most_ && !devices_.contains(device)) break;
      return anew(devices_.emplace(device, f.why).second, reach::file_system);
    case reach::target:
      break;
  }
  const bool is_new = !all_;
  all_ = f.why;
  return anew(is_new, reach::target);
}

void held_folders::went(std::uint64_t folder, std::uint64_t device) noexcept {
  in_a_row_.erase(device);
  doubtful_.erase(folder);
}

bool held_folders::is_of_file_system(std::uint64_t folder, std::uint64_t device, const error_code& why) {
  if (in_a_row_.size() >= most_) in_a_row_.clear();
  auto& row = in_a_row_[device];
  if (row.folders == 0 || row.why != why)
    row = {folder, 1, why};
  else if (row.folder != folder)
    row.folder = folder, ++row.folders;
  const bool permission =
      why == boost::system::errc::permission_denied || why == boost::system::errc::operation_not_permitted;
  return row.folders >= (permission ? 3u : 2u);
}

reach held_folders::reach_on(std::uint64_t folder, std::uint64_t device, reach of) const noexcept {
  if (of != reach::file && of != reach::folder) return of;
  if (all_) return reach::target;
  if (devices_.contains(device)) return reach::file_system;
  return folders_.contains(folder) ? reach::folder : of;
}

void held_folders::free(std::uint64_t folder, std::uint64_t device, reach of) noexcept {
  // A failure without an entry of its own held everything.
  if (of != reach::file && (of == reach::target || folders_.size() >= most_ || devices_.size() >= most_))
    all_ = {};
  if (of == reach::folder) folders_.erase(folder);
  if (of == reach::file_system) devices_.erase(device);
  went(folder, device);
}

error_code held_folders::why(std::uint64_t folder, std::uint64_t device) const noexcept {
  if (all_) return all_;
  if (const auto at = folders_.find(folder); at != folders_.end()) return at->second;
  if (const auto at = devices_.find(device); at != devices_.end()) return at->second;
  return {};
}

}  // namespace sluice::core
