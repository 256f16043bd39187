#include "engine/attempt/memory_body.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sluice::engine {
namespace {

TEST(memory_body, is_read_in_pieces_of_any_size) {
  for (std::size_t step = 1; step <= 12; ++step) {
    memory_body body{"ten bytes!"};
    ASSERT_EQ(body.size(), 10u);
    std::string read;
    std::array<char, 12> room{};
    while (read.size() < body.size()) {
      const auto piece = body.read_ready(read.size(), std::span{room}.first(step));
      ASSERT_FALSE(piece.error);
      ASSERT_GT(piece.size, 0u);
      read.append(room.data(), piece.size);
    }
    EXPECT_EQ(read, "ten bytes!");
  }
}

TEST(memory_body, ends_where_it_ends) {
  std::array<char, 4> room{};
  EXPECT_EQ(memory_body{""}.read_ready(0, room).size, 0u);
  EXPECT_EQ(memory_body{"abc"}.read_ready(3, room).size, 0u);
}

}  // namespace
}  // namespace sluice::engine
