#include "support/form.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

using namespace std::literals;
using namespace sluice::core;
using support::escape_parameter;
using support::field;
using support::file_head;
using support::frame_multipart;

namespace {

struct part {
  std::string name;
  std::optional<std::string> filename, type;
  std::string body;
};

/// A reader of its own that shares no code with the writer: what a strict server sees.
class reader {
 public:
  static std::vector<part> read(std::string_view body, std::string_view boundary) {
    reader r{body};
    std::vector<part> parts;
    r.expect("--"), r.expect(boundary);
    while (!r.skip("--\r\n")) {
      r.expect("\r\n");
      parts.push_back(r.read_part("\r\n--" + std::string{boundary}));
    }
    if (!r.rest_.empty()) throw std::runtime_error{"bytes after the end"};
    return parts;
  }

 private:
  explicit reader(std::string_view body) : rest_{body} {}
  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void expect(std::string_view text) {
    if (!skip(text)) throw std::runtime_error{"expected " + std::string{text}};
  }
  std::string until(std::string_view end) {
    const auto at = rest_.find(end);
    if (at == rest_.npos) throw std::runtime_error{"not ended by " + std::string{end}};
    std::string head{rest_.substr(0, at)};
    rest_.remove_prefix(at + end.size());
    return head;
  }
  part read_part(const std::string& delimiter) {
    part p;
    expect("Content-Disposition: form-data; name=\"");
    p.name = until("\"");
    if (skip("; filename=\"")) p.filename = until("\"");
    expect("\r\n");
    if (skip("Content-Type: ")) p.type = until("\r\n");
    expect("\r\n");
    p.body = until(delimiter);
    return p;
  }
  std::string_view rest_;
};

/// Undoes the escapes that browsers write and servers undo.
std::string unescape(std::string text) {
  for (const auto& [from, to] : {std::pair{"%22"sv, "\""sv}, {"%0D"sv, "\r"sv}, {"%0A"sv, "\n"sv}})
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; ++at) text.replace(at, from.size(), to);
  return text;
}

const std::string_view hostile_names[] = {"plain.jpg"sv,
                                          ""sv,
                                          "a\"b"sv,
                                          "a\"; filename=\"evil"sv,
                                          "x\r\nContent-Type: text/html\r\n\r\n"sv,
                                          "\n"sv,
                                          "\r"sv,
                                          "back\\slash\\"sv,
                                          "\\\""sv,
                                          ";=;"sv,
                                          "100%.jpg"sv,
                                          "nul\0nul"sv,
                                          "\xff\xfe\x80"sv,
                                          "\xe2\x80\xaegpj.exe"sv,
                                          "日本.jpg"sv,
                                          "\r\n------sluice"sv,
                                          "'"sv};

std::string random_bytes(std::mt19937_64& random, std::size_t max) {
  const auto alphabet = "\"\r\n\\;%-ab\xff\0"sv;
  std::string bytes(random() % (max + 1), '\0');
  for (char& c : bytes) c = random() % 2 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
  return bytes;
}

TEST(Multipart, ABoundaryShowsAllItsRandomBits) {
  std::array<std::byte, 16> random{};
  for (int i = 0; i < 16; ++i) random[i] = static_cast<std::byte>(i * 16 + 15 - i);
  EXPECT_EQ(support::make_boundary(random), "----sluice0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  std::set<std::string> seen{support::make_boundary(random)};
  for (auto& b : random) {
    b ^= std::byte{0x80};
    seen.insert(support::make_boundary(random));
  }
  EXPECT_EQ(seen.size(), 17u);
}

TEST(Multipart, ABoundaryNeedsNoQuotesAndFits) {
  const auto boundary = support::make_boundary(std::array<std::byte, 16>{});
  EXPECT_LE(boundary.size(), 70u) << "RFC 2046, section 5.1.1";
  EXPECT_EQ(boundary.find_first_not_of("-abcdefghijklmnopqrstuvwxyz0123456789"), boundary.npos);
}

TEST(Multipart, OnlyThreeBytesAreEscaped) {
  EXPECT_EQ(escape_parameter("a\"b\rc\nd"), "a%22b%0Dc%0Ad");
  for (int c = 0; c < 256; ++c)
    if (c != '"' && c != '\r' && c != '\n') {
      const std::string one(1, static_cast<char>(c));
      EXPECT_EQ(escape_parameter(one), one) << c;
    }
  EXPECT_EQ(escape_parameter("%22"), "%22") << "a percent sign is not escaped, as in browsers";
  EXPECT_EQ(escape_parameter("a\\\"b"), "a\\%22b");
  EXPECT_EQ(escape_parameter("a\\\"b\r\n", quoting::backslash), "a\\\\\\\"b%0D%0A") << "no line begins in it";
  EXPECT_EQ(escape_parameter("end\\", quoting::backslash), "end\\\\");
}

TEST(Multipart, ABodyByteForByte) {
  const field fields[] = {{"mark", "room-201"}, {"time", "1"}};
  const auto frame = frame_multipart("B", fields, {"file", "a.jpg", "image/jpeg"});
  EXPECT_EQ(frame.preamble,
            "--B\r\nContent-Disposition: form-data; name=\"mark\"\r\n\r\nroom-201\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"time\"\r\n\r\n1\r\n"
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n"
            "Content-Type: image/jpeg\r\n\r\n");
  EXPECT_EQ(frame.epilogue, "\r\n--B--\r\n");
}

TEST(Multipart, TheLengthIsExactAndHas64Bits) {
  const auto frame = frame_multipart("B", {}, {"f", "n", "a/b"});
  const auto around = frame.preamble.size() + frame.epilogue.size();
  EXPECT_EQ(frame.content_length(0), around);
  EXPECT_EQ(frame.content_length(5'000'000'000), 5'000'000'000 + around);
}

TEST(Multipart, HostileNamesArriveAsOnePartWithThatName) {
  const auto longest = std::string(255, '"');
  std::vector<std::string_view> names(std::begin(hostile_names), std::end(hostile_names));
  names.push_back(longest);
  for (const auto name : names) {
    const field fields[] = {{std::string{name}, std::string{name}}};
    const auto frame = frame_multipart("----sluice0", fields, {"file", std::string{name}, "image/jpeg"});
    const auto parts = reader::read(frame.preamble + "BYTES" + frame.epilogue, "----sluice0");
    ASSERT_EQ(parts.size(), 2u) << name;
    EXPECT_EQ(unescape(parts[0].name), name);
    EXPECT_EQ(parts[0].body, name) << "values are sent as they are";
    EXPECT_FALSE(parts[0].filename || parts[0].type);
    EXPECT_EQ(unescape(*parts[1].filename), name);
    EXPECT_EQ(parts[1].type, "image/jpeg");
    EXPECT_EQ(parts[1].body, "BYTES");
  }
}

TEST(Multipart, AnythingComesBackAsItWasWritten) {
  std::mt19937_64 random{7578};
  for (int round = 0; round < 3'000; ++round) {
    std::array<std::byte, 16> bits;
    for (auto& b : bits) b = static_cast<std::byte>(random());
    const auto boundary = support::make_boundary(bits);
    std::vector<field> fields(random() % 4);
    for (auto& f : fields) f = {random_bytes(random, 20), random_bytes(random, 60)};
    const file_head file{random_bytes(random, 10), random_bytes(random, 255), "application/octet-stream"};
    const auto bytes = random_bytes(random, 300);

    const auto frame = frame_multipart(boundary, fields, file);
    const auto body = frame.preamble + bytes + frame.epilogue;
    ASSERT_EQ(body.size(), frame.content_length(bytes.size()));
    const auto parts = reader::read(body, boundary);
    ASSERT_EQ(parts.size(), fields.size() + 1);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      ASSERT_EQ(unescape(parts[i].name), unescape(fields[i].name));
      ASSERT_EQ(parts[i].body, fields[i].value);
    }
    ASSERT_EQ(unescape(*parts.back().filename), unescape(file.filename));
    ASSERT_EQ(parts.back().body, bytes);
  }
}

}  // namespace
