#include <sluice/fate.hpp>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(fate, has_a_row_for_each_value) {
  for (std::size_t i = 0; i < all_fates.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(all_fates[i]), i);
    EXPECT_EQ(fate_from_string(to_string(all_fates[i])), all_fates[i]);
  }
  EXPECT_FALSE(fate_from_string("lost"));
}

TEST(counts, have_each_file_once_in_their_total) {
  counts c;
  for (const auto f : all_fates) c.add(f);
  c.add(fate::missing, 3);
  EXPECT_EQ(c.total(), all_fates.size() + 3);
  EXPECT_EQ(c[fate::vanished], 5u) << "the missing ones are among them";
  EXPECT_EQ(c.only(fate::vanished), 1u);
  EXPECT_EQ(c[fate::accepted], 2u) << "the undeletable one is among them";
  EXPECT_EQ(c[fate::missing], 4u);
  EXPECT_EQ(c[fate::deferred], 2u) << "the corrupted one is among them";
  EXPECT_EQ(c.failures(), 9u) << "rejected, deferred, changed, undeletable, missing, corrupted";
}

}  // namespace
}  // namespace sluice
