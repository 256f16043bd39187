#include "sink/store.hpp"
#include "sink/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace sink {
namespace {

using namespace std::literals;

TEST(store, makes_names_that_are_safe_and_unlike_any_other) {
  EXPECT_EQ(safe_name(1, "img-1.JPG"), "00000001-img-1.JPG");
  EXPECT_EQ(safe_name(123456789, "x"), "123456789-x");
  EXPECT_EQ(safe_name(2, "../../etc/passwd"), "00000002-.._.._etc_passwd");
  EXPECT_EQ(safe_name(3, "a\"\n\0\xff "s), "00000003-a_____");
  EXPECT_EQ(safe_name(4, ""), "00000004-");
  EXPECT_EQ(safe_name(5, std::string(300, 'x')).size(), 209u);
}

TEST(store, leaves_nothing_behind_without_commit) {
  scratch dir;
  {
    stored_file file{dir.path(), 1, "a"};
    file.write("bytes");
    EXPECT_FALSE(std::filesystem::is_empty(dir.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(store, gives_a_file_its_name_when_it_is_whole) {
  scratch dir;
  stored_file file{dir.path(), 1, "a"};
  file.write("by");
  file.write("tes");
  EXPECT_FALSE(std::filesystem::exists(dir / "00000001-a"));
  EXPECT_EQ(file.commit(), "00000001-a");
  EXPECT_EQ(content_of(dir / "00000001-a"), "bytes");
}

TEST(store, says_when_it_cannot) { EXPECT_THROW(stored_file("/nowhere/at/all", 1, "a"), std::runtime_error); }

}  // namespace
}  // namespace sink
