// A fast hash that nobody can aim at without its key.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>

namespace sluice::core {

/// 128 bits, drawn for each process.
struct sip_key {
  std::uint64_t low = 0, high = 0;
};

struct hash_value {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const hash_value&, const hash_value&) = default;
};

/// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012) of `words`, least significant byte first, and
/// `text` behind them.
inline hash_value sip_hash(const sip_key& key, std::initializer_list<std::uint64_t> words,
                           std::string_view text) noexcept {
  std::uint64_t a = key.low ^ 0x736f6d6570736575, b = key.high ^ 0x646f72616e646f6d ^ 0xee,
                c = key.low ^ 0x6c7967656e657261, d = key.high ^ 0x7465646279746573;
  const auto mix = [&](int rounds) {
    for (; rounds > 0; --rounds) {
      a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
      c += d, d = std::rotl(d, 16) ^ c;
      a += d, d = std::rotl(d, 21) ^ a;
      c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
    }
  };
  const auto add = [&](std::uint64_t word) { d ^= word, mix(2), a ^= word; };
  const auto size = words.size() * sizeof(std::uint64_t) + text.size();
  for (const auto word : words) add(word);
  const auto take_word = [&](std::size_t bytes) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&word, text.data(), bytes);
    else
      for (std::size_t i = 0; i < bytes; ++i)
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << 8 * i;
    text.remove_prefix(bytes);
    return word;
  };
  while (text.size() >= sizeof(std::uint64_t)) add(take_word(sizeof(std::uint64_t)));
  add(static_cast<std::uint64_t>(size) << 56 | take_word(text.size()));
  c ^= 0xee, mix(4);
  hash_value out;
  out.low = a ^ b ^ c ^ d;
  b ^= 0xdd, mix(4);
  out.high = a ^ b ^ c ^ d;
  return out;
}

}  // namespace sluice::core
