#include "sink/json_text.hpp"

#include <openssl/evp.h>

#include <cstddef>

namespace sink {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// The length of the well-formed multi-byte sequence at the front (Unicode's table 3-7), or 0.
std::size_t sequence_length(std::string_view s) {
  const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto in = [&](std::size_t i, unsigned low, unsigned high) { return at(i) >= low && at(i) <= high; };
  const unsigned lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf) return in(1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = in(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && in(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = in(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return second && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

void append_control(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out.append("\\u00").append(1, hex_digits[c >> 4]).append(1, hex_digits[c & 15]);
      break;
  }
}

}  // namespace

void append_json(std::string& out, std::string_view bytes) {
  out.push_back('"');
  while (!bytes.empty()) {
    std::size_t n = 0;
    while (n < bytes.size() && is_plain(static_cast<unsigned char>(bytes[n]))) ++n;
    out.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    if (bytes.empty()) break;
    const auto c = static_cast<unsigned char>(bytes.front());
    const std::size_t length = c < 0x80 ? 1 : sequence_length(bytes);
    if (c < 0x80) {
      append_control(out, c);
    } else {
      out.append(length ? bytes.substr(0, length) : std::string_view{"\xef\xbf\xbd"});
    }
    bytes.remove_prefix(length ? length : 1);
  }
  out.push_back('"');
}

void append_base64(std::string& out, std::string_view bytes) {
  const auto old = out.size();
  out.resize(old + (bytes.size() + 2) / 3 * 4 + 1);  // EVP_EncodeBlock ends its text with a NUL
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + old),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(old + static_cast<std::size_t>(n));
}

void append_hex(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out.append(1, hex_digits[b >> 4]).append(1, hex_digits[b & 15]);
  }
}

}  // namespace sink
