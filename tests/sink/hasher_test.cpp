#include "sink/hasher.hpp"

#include <gtest/gtest.h>

namespace sink {
namespace {

TEST(hasher, hashes_one_file_after_another) {
  hasher h;
  for (int turn = 0; turn < 2; ++turn) {
    h.clear();
    h.begin();
    h.add("a");
    h.add("bc");
    EXPECT_EQ(h.digest(), "") << "the file is not whole";
    h.finish();
    ASSERT_EQ(h.digest().size(), 32u);
    EXPECT_EQ(h.digest().substr(0, 4), "\xba\x78\x16\xbf");
  }
}

TEST(hasher, forgets_a_file_that_was_not_finished) {
  hasher h;
  h.begin();
  h.add("lost");
  h.clear();
  h.begin();
  h.add("abc");
  h.finish();
  EXPECT_EQ(h.digest().substr(0, 4), "\xba\x78\x16\xbf");
}

TEST(hasher, computes_all_digests_where_they_are_wanted) {
  hasher h{true};
  h.begin();
  h.add("abc");
  h.finish();
  const std::pair<const char*, std::string_view> begins[] = {{"md5", "\x90\x01\x50\x98"},
                                                             {"sha1", "\xa9\x99\x3e\x36"},
                                                             {"sha256", "\xba\x78\x16\xbf"},
                                                             {"sha512", "\xdd\xaf\x35\xa1"},
                                                             {"crc32", "\x35\x24\x41\xc2"}};
  for (const auto& [name, begin] : begins) EXPECT_EQ(h.digest(name).substr(0, 4), begin) << name;
  h.clear();
  for (const auto& [name, begin] : begins) EXPECT_EQ(h.digest(name), "") << name;
  EXPECT_EQ(hasher{}.digest("md5"), "");
}

}  // namespace
}  // namespace sink
