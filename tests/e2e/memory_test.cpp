// Memory is a function of the window: not of how many files there are (tests/faults, row 11), nor of how
// large.
#include "e2e/e2e.hpp"

#include <openssl/opensslv.h>

#include <filesystem>

namespace e2e {
namespace {

constexpr std::uint64_t least_window = 16;
// KiB. With OpenSSL 3.5 (Debian 13) 16.4 MiB and 139 KiB were measured where 3.0 takes less than these.
constexpr bool is_larger = OPENSSL_VERSION_NUMBER >= 0x30500000;
constexpr std::uint64_t at_least_window = is_larger ? 17 * 1024 : 16 * 1024;
constexpr std::uint64_t per_connection = is_larger ? 144 : 128;

class memory : public test {
 protected:
  void SetUp() override { SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's"); }

  std::uint64_t peak(const support::sink& to, std::uint64_t window, int code = 0) {
    support::process p{
        send_command(to, {"-w", std::to_string(window), "--speed-time", "1s", "--retry", "0"})};
    const auto kib = p.peak_memory();
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, code) << o.err;
    return kib;
  }
};

TEST_F(memory, of_a_body_is_not_its_size) {
  files.add("small", std::string(1000, 'x'));
  const support::sink to;
  const auto small = peak(to, least_window);
  std::filesystem::resize_file(files / "small", 1u << 30);
  const auto large = peak(to, least_window);
  EXPECT_LE(large, small + 1024) << "KiB, for 1 GiB and for 1 kB";
  EXPECT_LE(large, at_least_window);
}

// The peers have stopped reading: each connection holds all that it can hold.
TEST_F(memory, of_a_blocked_connection_is_bounded) {
  files.add_many(64, 0);
  for (const auto& file : std::filesystem::directory_iterator{files.root()})
    std::filesystem::resize_file(file, 16u << 20);
  const support::sink to{R"([{"cut_request_after": 1000, "how": "stall"}])"};
  const auto few = peak(to, least_window, 1), many = peak(to, 64, 1);
  EXPECT_LE(few, at_least_window) << "KiB, at window 16";
  EXPECT_LE(many, few + (64 - least_window) * per_connection) << "KiB, at window 64";
}

}  // namespace
}  // namespace e2e
