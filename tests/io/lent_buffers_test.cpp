#include "io/net/lent_buffers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::io {
namespace {

TEST(lent_buffers, lends_room_for_a_batch_and_its_records) {
  lent_buffers shelf;
  lent_buffers::buffer b;
  shelf.lend(b);
  EXPECT_GT(b.capacity(), batch_size + 8 * 22);
  EXPECT_LT(b.capacity(), batch_size + 4096);
}

TEST(lent_buffers, lends_what_was_given_back) {
  lent_buffers shelf;
  lent_buffers::buffer a, b;
  shelf.lend(a);
  const auto* const where = a.prepare(1).data();
  shelf.give_back(a);
  EXPECT_EQ(a.capacity(), 0u);
  EXPECT_EQ(shelf.idle(), 1u);
  shelf.lend(b);
  EXPECT_EQ(b.prepare(1).data(), where);
  EXPECT_EQ(shelf.idle(), 0u);
}

TEST(lent_buffers, leaves_a_buffer_that_has_room_alone) {
  lent_buffers shelf;
  lent_buffers::buffer b;
  b.reserve(10);
  shelf.lend(b);
  EXPECT_EQ(b.capacity(), 10u);
}

TEST(lent_buffers, keeps_only_few_and_none_of_another_size) {
  lent_buffers shelf;
  std::vector<lent_buffers::buffer> many(100);
  for (auto& b : many) shelf.lend(b);
  for (auto& b : many) shelf.give_back(b);
  EXPECT_LE(shelf.idle(), 8u);
  lent_buffers fresh;
  lent_buffers::buffer small, huge;
  small.reserve(100), huge.reserve(3 * batch_size);
  fresh.give_back(small), fresh.give_back(huge);
  EXPECT_EQ(fresh.idle(), 0u);
  EXPECT_EQ(huge.capacity(), 0u);
}

}  // namespace
}  // namespace sluice::io
