// Every target needs this: an input taken apart, and a property that must hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Ends the program, which libFuzzer and the replay both take for a finding.
inline void require(bool holds, std::string_view property) {
  if (holds) return;
  std::fprintf(stderr, "property violated: %.*s\n", static_cast<int>(property.size()), property.data());
  std::abort();
}

/// An input that a person can write: texts that end in a backslash and any other character (a line end, say);
/// two backslashes are one.
class input {
 public:
  input(const std::uint8_t* data, std::size_t size) : rest_{reinterpret_cast<const char*>(data), size} {}

  bool at_end() const noexcept { return rest_.empty(); }
  unsigned char byte() { return rest_.empty() ? 0 : static_cast<unsigned char>(take_front()); }
  /// A number in decimal, ended by any other character, which is taken too.
  std::uint64_t number() {
    std::uint64_t value = 0;
    while (!rest_.empty()) {
      const char c = take_front();
      if (c < '0' || c > '9') break;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  }
  std::string text() {
    std::string out;
    while (!rest_.empty()) {
      const char c = take_front();
      if (c == '\\' && !rest_.empty() && take_front() != '\\') break;
      out += c;
    }
    return out;
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  char take_front() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
};

/// `bytes` in pieces as long as the characters of `sizes` say, in turn and over again: a digit is itself,
/// other characters are sixteen times their code. Without a size all is one piece; none is longer than
/// `most`, and there are never so many that an input takes long.
inline std::vector<std::string_view> split(std::string_view bytes, std::string_view sizes,
                                           std::size_t most = 16 * 1024) {
  std::vector<std::string_view> pieces;
  const auto least = 1 + bytes.size() / 2048;
  for (std::size_t i = 0; !bytes.empty(); ++i) {
    std::size_t size = most;
    if (!sizes.empty()) {
      const char c = sizes[i % sizes.size()];
      size = c >= '0' && c <= '9' ? static_cast<std::size_t>(c - '0') : static_cast<unsigned char>(c) * 16u;
    }
    size = std::clamp(size, least, most);
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(pieces.back().size());
  }
  return pieces;
}

/// Expands inputs much larger than what is written down: 0x02, n and c stand for (n + 1) · 512 times c.
inline std::string expand(std::string_view text, std::size_t most = 256 * 1024) {
  std::string out;
  for (std::size_t i = 0; i < text.size() && out.size() < most; ++i)
    if (text[i] == '\x02' && i + 2 < text.size()) {
      out.append((static_cast<unsigned char>(text[i + 1]) + 1u) * 512u, text[i + 2]);
      i += 2;
    } else {
      out += text[i];
    }
  out.resize(std::min(out.size(), most));
  return out;
}

/// Undoes the escapes that WHATWG has a receiver undo: `%22`, `%0D`, `%0A`.
inline std::string undo_escapes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto three = text.substr(0, 3);
    const char c = three == "%22" ? '"' : three == "%0D" ? '\r' : three == "%0A" ? '\n' : '\0';
    out += c != '\0' ? c : text.front();
    text.remove_prefix(c != '\0' ? 3 : 1);
  }
  return out;
}

/// One line that a terminal can be shown: no byte below a space, no DEL.
inline bool is_one_safe_line(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

}  // namespace fuzz
