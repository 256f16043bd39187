#include "sink/ca_file.hpp"
#include "sink/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace sink {
namespace {

TEST(ca_file, is_temporary_when_no_directory_is_given) {
  std::string path;
  {
    const ca_file file{"", "pem"};
    path = file.path();
    EXPECT_EQ(content_of(path), "pem");
  }
  EXPECT_FALSE(std::filesystem::exists(std::filesystem::path{path}.parent_path()));
}

TEST(ca_file, stays_in_a_directory_that_is_given) {
  scratch dir;
  {
    const ca_file file{dir / "new", "pem"};
  }
  EXPECT_EQ(content_of(dir / "new/ca.pem"), "pem");
  EXPECT_THROW(ca_file("/proc/nowhere", "pem"), std::exception);
}

}  // namespace
}  // namespace sink
