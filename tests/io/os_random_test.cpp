#include "io/os_random.hpp"

#include "refused_call.hpp"

#include <sys/syscall.h>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <set>
#include <vector>

namespace sluice::io {
namespace {

TEST(os_random_test, never_gives_the_same_block_twice) {
  os_random one, other;
  std::set<std::array<std::byte, 16>> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(one.block()), seen.insert(other.block());
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(os_random_test, fills_any_length_up_to_its_last_byte) {
  os_random random;
  for (const std::size_t size : {0u, 1u, 7u, 2047u, 2048u, 2049u, 10'000u}) {
    std::vector<std::byte> seen(size + 1);  // bits that were set once
    for (int i = 0; i < 64; ++i) {
      std::vector<std::byte> drawn(size + 1);
      random.fill(std::span{drawn}.first(size));
      for (std::size_t k = 0; k <= size; ++k) seen[k] |= drawn[k];
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), std::byte{0}), 1) << size;
    EXPECT_EQ(seen.back(), std::byte{0}) << "wrote past the end of " << size;
  }
}

TEST(os_random_test, numbers_use_all_their_bits) {
  os_random random;
  std::uint64_t set = 0, clear = 0;
  for (int i = 0; i < 128; ++i) {
    const auto n = random.number();
    set |= n, clear |= ~n;
  }
  EXPECT_EQ(set, ~std::uint64_t{0});
  EXPECT_EQ(clear, ~std::uint64_t{0});
}

TEST(os_random_test, throws_when_there_is_none_to_have) {
  apart([] {
    if (!refuse({SYS_getrandom, ENOSYS})) GTEST_SKIP() << "no seccomp filters here";
    os_random random;
    EXPECT_THROW(random.block(), boost::system::system_error);
  });
}

}  // namespace
}  // namespace sluice::io
