#include "core/files/removal.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace sluice::core {
namespace {

error_code system_error(int e) { return {e, boost::system::system_category()}; }

TEST(removal, an_error_tells_whose_it_is) {
  const struct {
    int error;
    reach removed, moved;
  } table[]{
      {EACCES, reach::folder, reach::folder},      {EPERM, reach::folder, reach::folder},
      {EIO, reach::folder, reach::folder},         {EROFS, reach::file_system, reach::file_system},
      {ENOSPC, reach::file_system, reach::target}, {EDQUOT, reach::file_system, reach::target},
      {EXDEV, reach::folder, reach::folder},       {ENOTDIR, reach::folder, reach::folder},
      {ELOOP, reach::folder, reach::folder},       {EBUSY, reach::file, reach::file},
      {ENOENT, reach::file, reach::file},          {EISDIR, reach::file, reach::file},
      {ETXTBSY, reach::file, reach::file},         {EEXIST, reach::file, reach::file},
      {ENAMETOOLONG, reach::file, reach::file},    {ENOMEM, reach::file, reach::file},
      {EMFILE, reach::file, reach::file},
  };
  for (const auto& t : table) {
    EXPECT_EQ(reach_of(system_error(t.error), false), t.removed) << t.error;
    EXPECT_EQ(reach_of(system_error(t.error), true), t.moved) << t.error;
  }
}

TEST(removal, an_obstacle_tells_whose_it_is_and_what_it_is) {
  const struct {
    obstacle what;
    reach of;
    const char* says;
  } table[]{
      {obstacle::immutable, reach::file, "immutable"},
      {obstacle::append_only, reach::file, "append-only"},
      {obstacle::mount_point, reach::file, "mount point"},
      {obstacle::sticky_folder, reach::file, "sticky"},
      {obstacle::append_only_folder, reach::folder, "folder is append-only"},
      {obstacle::immutable_folder, reach::folder, "folder is immutable"},
      {obstacle::closed_folder, reach::folder, "Permission denied"},
      {obstacle::read_only, reach::file_system, "Read-only"},
      {obstacle::another_file_system, reach::folder, "another file system"},
  };
  for (const auto& t : table) {
    const error_code e = t.what;
    EXPECT_TRUE(is_obstacle(e));
    EXPECT_EQ(reach_of(e, true), t.of) << e.message();
    EXPECT_NE(e.message().find(t.says), std::string::npos) << e.message();
  }
  EXPECT_FALSE(is_obstacle(system_error(EPERM)));
}

constexpr std::uint64_t here = 1, there = 2, disk = 7, other_disk = 8;

TEST(held_folders, hold_what_the_failure_reaches) {
  const struct {
    reach of;
    bool same_folder, same_disk, elsewhere;
  } table[]{
      {reach::file, false, false, false},
      {reach::folder, true, false, false},
      {reach::file_system, true, true, false},
      {reach::target, true, true, true},
  };
  for (const auto& t : table) {
    held_folders held;
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.hold(here, disk, {system_error(EACCES), t.of}),
              t.of != reach::file ? std::optional{t.of} : std::nullopt);
    EXPECT_FALSE(held.hold(here, disk, {system_error(EACCES), t.of})) << "told once";
    EXPECT_EQ(held.why(here, disk).failed(), t.same_folder);
    EXPECT_EQ(held.why(there, disk).failed(), t.same_disk);
    EXPECT_EQ(held.why(there, other_disk).failed(), t.elsewhere);
    held.free(here, disk, t.of);
    EXPECT_TRUE(held.empty());
    EXPECT_FALSE(held.why(here, disk).failed());
  }
}

TEST(held_folders, without_a_device_only_the_folder_counts) {
  held_folders held;
  held.hold(here, disk, {system_error(EROFS), reach::file_system});
  EXPECT_FALSE(held.why(here).failed());
  held.hold(here, disk, {system_error(EACCES), reach::folder});
  EXPECT_EQ(held.why(here), system_error(EACCES));
}

TEST(held_folders, too_many_of_them_hold_everything) {
  held_folders held{2};
  for (std::uint64_t folder = 1; folder <= 3; ++folder)
    EXPECT_TRUE(held.hold(folder, disk + folder, {system_error(EACCES), reach::folder}));
  EXPECT_TRUE(held.why(99, other_disk).failed());
  held.free(3, disk, reach::folder);
  EXPECT_FALSE(held.why(99, other_disk).failed());
  EXPECT_TRUE(held.why(1).failed());
}

TEST(held_folders, a_reason_that_one_folder_after_the_other_has_is_the_file_systems) {
  const auto fails = [](held_folders& held, std::uint64_t folder, int error) {
    return held.hold(folder, disk, {system_error(error), reach::folder});
  };
  for (const auto& [error, folders] : {std::pair{EIO, 2u}, {EXDEV, 2u}, {EACCES, 3u}, {EPERM, 3u}}) {
    held_folders held;
    for (std::uint64_t folder = 1; folder < folders; ++folder) {
      EXPECT_EQ(fails(held, folder, error), reach::folder);
      EXPECT_EQ(fails(held, folder, error), std::nullopt) << "the same folder again";
      EXPECT_FALSE(held.why(99, disk).failed());
    }
    EXPECT_EQ(fails(held, folders, error), reach::file_system);
    EXPECT_EQ(fails(held, folders + 1, error), std::nullopt) << "told once";
    EXPECT_TRUE(held.why(99, disk).failed());
    EXPECT_FALSE(held.why(99, other_disk).failed());
  }
}

TEST(held_folders, what_goes_between_shows_that_it_is_the_folders) {
  held_folders held;
  for (std::uint64_t folder = 1; folder < 9; ++folder) {
    EXPECT_EQ(held.hold(folder, disk, {system_error(EIO), reach::folder}), reach::folder);
    held.went(folder, disk);
  }
  held.hold(10, disk, {system_error(EIO), reach::folder});
  EXPECT_EQ(held.hold(11, disk, {system_error(EXDEV), reach::folder}), reach::folder) << "another reason";
}

TEST(held_folders, where_an_error_does_not_tell_whose_it_is_the_second_file_tells) {
  held_folders held;
  const removal_failure f{system_error(EPERM), reach::file};
  EXPECT_EQ(held.hold(here, disk, f), std::nullopt);
  held.went(here, disk);  // another file went: it was the first one's own
  EXPECT_EQ(held.hold(here, disk, f), std::nullopt);
  EXPECT_EQ(held.hold(there, disk, f), std::nullopt);
  EXPECT_EQ(held.hold(here, disk, f), reach::folder);
  EXPECT_TRUE(held.why(here).failed());
  EXPECT_FALSE(held.why(there).failed());
  EXPECT_EQ(held.reach_on(here, disk, reach::file), reach::folder);
  EXPECT_EQ(held.reach_on(there, disk, reach::file), reach::file);
}

}  // namespace
}  // namespace sluice::core
