#include "core/report/record_scanner.hpp"

#include <sluice/result.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sluice::core {
namespace {

file_record photo() {
  file_record r;
  r.seq = 7, r.path = "cam1/a.jpg", r.size = 100'000, r.mtime_ns = 1'700'000'000'123'456'789;
  r.fate = fate::accepted, r.status = 200, r.attempts = 2, r.key = "0123abcd-89ab-5def-8123-456789abcdef";
  r.elapsed = std::chrono::microseconds{12'345}, r.bytes = 100'321, r.response = R"({"code":0})";
  return r;
}

/// The two ways of reading a line agree, or the fast one does not know its form.
void expect_agreement(const std::string& line) {
  const auto fast = scan_record(line);
  if (!fast) return;
  const auto slow = parse_record(line);
  ASSERT_TRUE(slow) << line;
  EXPECT_EQ(*fast, (record_view{slow->path, slow->key, slow->fate, slow->taken_away, slow->size,
                                slow->mtime_ns, slow->digest}))
      << line;
}

std::vector<file_record> ours() {
  std::vector<file_record> all(16, photo());
  auto at = all.begin();
  (++at)->path = "caf\xc3\xa9/\xe7\x85\xa7\xe7\x89\x87.jpg";
  (++at)->path = std::string(255, 'x');
  (++at)->path = "";
  (++at)->size = 0, at->mtime_ns = 0;
  (++at)->mtime_ns = -1'700'000'000'123'456'789;
  (++at)->mtime_ns = std::numeric_limits<std::int64_t>::min();
  (++at)->disposal = disposed::deleted;
  (++at)->disposal = disposed::moved;
  (++at)->fate = fate::undeletable, at->digest = 0xfedcba9876543210;
  (++at)->fate = fate::deferred, at->reason = "no answer:\n\t\"\\\" \x7f \xc2\x9b";
  (++at)->response = std::string(1024, '\x01');
  (++at)->response = "caf\xe9";
  (++at)->elapsed = std::chrono::microseconds{1};
  (++at)->elapsed = {}, at->status = 0, at->attempts = 0, at->key = "";
  (++at)->response = "\xf0\x9f\x93\xb7";
  return all;
}

TEST(record_scanner, knows_the_lines_that_we_write) {
  for (const auto& r : ours()) {
    const auto line = to_json(r);
    const auto fast = scan_record(line);
    ASSERT_TRUE(fast || r.mtime_ns == std::numeric_limits<std::int64_t>::min()) << line;
    expect_agreement(line);
    record_scanner scanner;  // the result points into it
    const auto read = scanner.read(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->path, r.path);
    EXPECT_EQ(read->mtime_ns, r.mtime_ns);
    EXPECT_EQ(read->digest, r.digest);
    EXPECT_EQ(read->taken_away, r.disposal != disposed::kept);
  }
}

TEST(record_scanner, leaves_names_with_syntax_or_without_utf8_to_the_parser) {
  record_scanner scanner;
  for (const std::string path : {"a\"b", "a\\b", "a\nb", "caf\xe9", "\x7f"}) {
    auto r = photo();
    r.path = path;
    const auto line = to_json(r);
    EXPECT_FALSE(scan_record(line)) << line;
    const auto read = scanner.read(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->path, path);
  }
}

TEST(record_scanner, line_torn_anywhere_is_no_record) {
  for (const auto& r : ours()) {
    const auto line = to_json(r);
    for (std::size_t i = 0; i < line.size(); ++i) EXPECT_FALSE(scan_record(line.substr(0, i)));
    for (std::size_t i = 1; i < line.size(); ++i) EXPECT_FALSE(scan_record(line.substr(i)));
    EXPECT_FALSE(scan_record(line + " "));
  }
}

TEST(record_scanner, agrees_with_the_parser_on_every_line_with_another_byte) {
  for (const auto& r : ours()) {
    const auto line = to_json(r);
    for (std::size_t i = 0; i < line.size(); i += 1 + line.size() / 60)
      for (int byte = 0; byte < 256; byte += byte < 0x80 ? 1 : 7) {
        auto other = line;
        other[i] = static_cast<char>(byte);
        expect_agreement(other);
      }
  }
}

TEST(record_scanner, agrees_with_the_parser_on_lines_that_were_cut_and_joined) {
  std::mt19937 random{1};
  const auto all = ours();
  const auto any = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  for (int n = 0; n < 4000; ++n) {
    const auto a = to_json(all[any(all.size())]), b = to_json(all[any(all.size())]);
    const auto at = any(a.size());
    auto line = a.substr(0, at) + b.substr(std::min(at + any(3), b.size()));
    if (any(4) == 0) line.insert(any(line.size()), "0");
    expect_agreement(line);
  }
}

TEST(record_scanner, says_what_the_server_has) {
  auto r = photo();
  EXPECT_TRUE(scan_record(to_json(r))->is_kept());
  r.fate = fate::undeletable;
  EXPECT_TRUE(scan_record(to_json(r))->is_kept());
  r.fate = fate::deferred;
  EXPECT_FALSE(scan_record(to_json(r))->is_kept());
  r.fate = fate::accepted, r.disposal = disposed::deleted;
  EXPECT_FALSE(scan_record(to_json(r))->is_kept());
}

}  // namespace
}  // namespace sluice::core
