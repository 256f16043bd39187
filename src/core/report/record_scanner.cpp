#include "core/report/record_scanner.hpp"

#include <sluice/text.hpp>

#include <charconv>
#include <cstring>

namespace sluice::core {
namespace {

constexpr std::uint64_t each_byte = 0x0101'0101'0101'0101, high_bits = each_byte * 0x80;

/// The high bit of each byte that is zero, and perhaps of others above it.
constexpr std::uint64_t zero_bytes(std::uint64_t w) noexcept { return (w - each_byte) & ~w & high_bits; }

/// True when all eight bytes are of a text as they stand: neither quote nor backslash, control nor UTF-8.
constexpr bool all_plain(std::uint64_t w) noexcept {
  const auto controls = (w - each_byte * 0x20) & ~w & high_bits;
  return (controls | zero_bytes(w ^ each_byte * '"') | zero_bytes(w ^ each_byte * '\\') | (w & high_bits)) ==
         0;
}

constexpr bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Takes a line apart from left to right. What is not as expected makes it fail, and stay failed.
class cursor {
 public:
  explicit cursor(std::string_view line) noexcept : at_{line.data()}, end_{line.data() + line.size()} {}

  explicit operator bool() const noexcept { return good_; }
  bool at_end() const noexcept { return at_ == end_; }

  bool take(std::string_view expected) noexcept {
    const bool there = static_cast<std::size_t>(end_ - at_) >= expected.size() &&
                       std::memcmp(at_, expected.data(), expected.size()) == 0;
    if (there) at_ += expected.size();
    return there;
  }
  void must(std::string_view expected) noexcept { good_ = good_ && take(expected); }

  /// Digits without a needless zero, few enough for any type.
  std::uint64_t number() noexcept {
    std::uint64_t n = 0;
    const char* const first = at_;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) n = n * 10 + static_cast<unsigned>(*at_ - '0');
    constexpr std::ptrdiff_t most_digits = 19;  // 10^19 - 1 has room
    const auto digits = at_ - first;
    good_ = good_ && digits > 0 && digits <= most_digits && (*first != '0' || digits == 1);
    return n;
  }
  std::int64_t signed_number() noexcept {
    const bool minus = take("-");
    const auto n = number();
    constexpr std::uint64_t most = 0x7fff'ffff'ffff'ffff;
    good_ = good_ && n <= most && (!minus || n > 0);
    return minus ? -static_cast<std::int64_t>(n & most) : static_cast<std::int64_t>(n & most);
  }
  void decimal() noexcept {
    number();
    if (take(".")) fraction();
  }

  /// A text without escapes, up to its closing quote.
  std::string_view plain() noexcept {
    const char* const first = at_;
    bool ascii = true;
    skip_plain(ascii);
    const std::string_view text{first, static_cast<std::size_t>(at_ - first)};
    must("\"");
    good_ = good_ && (ascii || is_utf8(text));
    return text;
  }
  /// Any text, up to its closing quote.
  void text() noexcept {
    const char* const first = at_;
    bool ascii = true;
    for (skip_plain(ascii); good_ && at_ != end_ && *at_ == '\\'; skip_plain(ascii)) escape();
    const std::string_view text{first, static_cast<std::size_t>(at_ - first)};
    must("\"");
    good_ = good_ && (ascii || is_utf8(text));
  }

 private:
  void fraction() noexcept {
    const char* const first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    good_ = good_ && at_ - first > 0 && at_ - first <= 19;
  }
  void skip_plain(bool& ascii) noexcept {
    while (true) {
      std::uint64_t w = 0;
      while (end_ - at_ >= 8 && (std::memcpy(&w, at_, 8), all_plain(w))) at_ += 8;
      for (int n = 0; n < 8; ++n, ++at_) {
        if (at_ == end_ || *at_ == '"' || *at_ == '\\') return;
        const auto byte = static_cast<unsigned char>(*at_);
        if (byte < 0x20) {
          good_ = false;
          return;
        }
        ascii = ascii && byte < 0x80;
      }
    }
  }
  /// Surrogates are left to the parser.
  void escape() noexcept {
    ++at_;
    good_ = at_ != end_;
    if (!good_) return;
    const char c = *at_++;
    if (c != 'u') {
      good_ = std::string_view{"\"\\/bfnrt"}.find(c) != std::string_view::npos;
      return;
    }
    good_ = end_ - at_ >= 4 && is_hex(at_[0]) && is_hex(at_[1]) && is_hex(at_[2]) && is_hex(at_[3]) &&
            at_[0] != 'd' && at_[0] != 'D';
    if (good_) at_ += 4;
  }

  const char* at_;
  const char* end_;
  bool good_ = true;
};

}  // namespace

std::optional<record_view> scan_record(std::string_view line) noexcept {
  cursor c{line};
  record_view r{.path = {}, .key = {}, .fate = fate::deferred, .digest = {}};
  c.must(R"({"v":1,"seq":)"), c.number();
  c.must(R"(,"time":")"), c.plain();
  c.must(R"(,"path":")"), r.path = c.plain();
  c.must(R"(,"size":)"), r.size = c.number();
  c.must(R"(,"mtime_ns":)"), r.mtime_ns = c.signed_number();
  c.must(R"(,"fate":")");
  if (!c) return std::nullopt;
  const auto word = fate_from_string(c.plain());
  if (!word) return std::nullopt;
  r.fate = *word;
  c.must(R"(,"status":)"), c.signed_number();
  c.must(R"(,"attempts":)"), c.number();
  c.must(R"(,"key":")"), r.key = c.plain();
  c.must(R"(,"disposal":")"), r.taken_away = c.plain() != to_string(disposed::kept);
  c.must(R"(,"ms":)"), c.decimal();
  c.must(R"(,"bytes":)"), c.number();
  c.must(R"(,"response":")"), c.text();
  if (c.take(R"(,"response_b64":")")) c.plain();
  c.must(R"(,"error":")"), c.text();
  if (c.take(R"(,"xxh3":")")) {
    const auto digits = c.plain();
    std::uint64_t value = 0;
    const auto* const begin = digits.data();
    const auto* const end = begin + digits.size();
    if (std::from_chars(begin, end, value, 16).ptr == end && digits.size() == 16) r.digest = value;
  }
  c.must("}");
  return c && c.at_end() ? std::optional{r} : std::nullopt;
}

std::optional<record_view> record_scanner::read(std::string_view line) noexcept {
  if (const auto fast = scan_record(line)) return fast;
  parsed_ = parse_record(line);
  if (!parsed_) return std::nullopt;
  return record_view{parsed_->path, parsed_->key,      parsed_->fate,  parsed_->taken_away,
                     parsed_->size, parsed_->mtime_ns, parsed_->digest};
}

}  // namespace sluice::core
