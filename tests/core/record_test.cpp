#include "core/report/record.hpp"
#include "core/base64.hpp"

#include <sluice/text.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

namespace sluice {
namespace {

using core::base64;
using core::parse_record;
using core::rfc3339;
using nlohmann::ordered_json;
using testing::ElementsAre;
using namespace std::chrono_literals;

using wall_time = std::chrono::system_clock::time_point;

const wall_time morning =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + 10h + 33min + 40s + 123ms;

file_record photo() {
  return {.seq = 7,
          .time = morning,
          .path = "cam1/a.jpg",
          .size = 100'000,
          .mtime_ns = 1'700'000'000'123'456'789,
          .fate = fate::accepted,
          .status = 200,
          .attempts = 2,
          .key = "0123abcd-89ab-5def-8123-456789abcdef",
          .disposal = disposed::deleted,
          .elapsed = 12'345us,
          .bytes = 100'321,
          .response = R"({"code":0})",
          .error = {},
          .reason = ""};
}

std::vector<std::string> keys_of(const std::string& text) {
  std::vector<std::string> keys;
  const auto object = ordered_json::parse(text);
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(record, is_one_line_with_its_keys_in_order) {
  EXPECT_EQ(to_json(photo()),
            R"({"v":1,"seq":7,"time":"2026-11-23T10:33:40.123Z","path":"cam1/a.jpg","size":100000,)"
            R"("mtime_ns":1700000000123456789,"fate":"accepted","status":200,"attempts":2,)"
            R"("key":"0123abcd-89ab-5def-8123-456789abcdef","disposal":"deleted","ms":12.345,"bytes":100321,)"
            R"("response":"{\"code\":0}","error":""})");
}

TEST(record, carries_bytes_that_are_not_text_losslessly) {  // row 13
  auto r = photo();
  r.path = "caf\xe9/\xff\n.jpg";
  r.response = "\x89PNG";
  const auto line = to_json(r);
  EXPECT_TRUE(is_utf8(line));
  EXPECT_THAT(keys_of(line),
              ElementsAre("v", "seq", "time", "path", "path_b64", "size", "mtime_ns", "fate", "status",
                          "attempts", "key", "disposal", "ms", "bytes", "response", "response_b64", "error"));
  const auto object = ordered_json::parse(line);
  EXPECT_EQ(object["path"], "caf\uFFFD/\uFFFD\n.jpg");
  EXPECT_EQ(object["path_b64"], base64(r.path));
  EXPECT_EQ(object["response_b64"], base64(r.response));
}

TEST(record, never_throws_and_never_breaks_the_line) {
  std::mt19937_64 random{13};
  const auto junk = [&] {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    return bytes;
  };
  for (int i = 0; i < 5000; ++i) {
    file_record r;
    for (std::string* text : {&r.path, &r.key, &r.response, &r.reason}) *text = junk();
    const auto line = to_json(r);
    ASSERT_EQ(line.find('\n'), std::string::npos);
    ASSERT_TRUE(is_utf8(line));
    const auto object = ordered_json::parse(line);
    ASSERT_TRUE(is_utf8(r.path) ? object["path"] == r.path : object["path_b64"] == base64(r.path));
  }
}

// A JSON line can end on a terminal: U+009B is the beginning of a command to some.
TEST(record, carries_no_control_a_terminal_may_obey) {
  file_record r;
  r.path =
      "del\x7f csi\xc2\x9b"
      "2J nel\xc2\x85 escape\x1b[31m";
  r.response = "first\xc2\x80 last\xc2\x9f not\xc2\xa0 \xc3\x9b \xc2";
  const auto line = to_json(r);
  for (const auto* word : {R"(del\u007f)", R"(csi\u009b2J)", R"(nel\u0085)", R"(escape\u001b[31m)",
                           R"(first\u0080)", R"(last\u009f)", "not\xc2\xa0", "\xc3\x9b"})
    EXPECT_THAT(line, testing::HasSubstr(word));
  EXPECT_EQ(ordered_json::parse(line)["path"], r.path);
}

TEST(record, holds_the_largest_numbers) {
  file_record r;
  r.seq = r.size = r.bytes = std::numeric_limits<std::uint64_t>::max();
  r.mtime_ns = std::numeric_limits<std::int64_t>::min();
  r.time = wall_time::min();
  r.elapsed = std::chrono::microseconds::max();
  const auto object = ordered_json::parse(to_json(r));
  EXPECT_EQ(object["size"].get<std::uint64_t>(), r.size);
  EXPECT_EQ(object["mtime_ns"].get<std::int64_t>(), r.mtime_ns);
  EXPECT_GT(object["ms"].get<double>(), 9e15);
}

TEST(record, is_read_back) {
  for (const auto f : all_fates) {
    auto r = photo();
    r.fate = f;
    const auto read = parse_record(to_json(r));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key, r.key);
    EXPECT_EQ(read->fate, r.fate);
  }
}

TEST(record, torn_anywhere_is_nothing) {  // row 20
  const std::string line = to_json(photo());
  for (std::size_t i = 0; i < line.size(); ++i) EXPECT_FALSE(parse_record(line.substr(0, i))) << i;
  for (std::size_t i = 1; i < line.size(); ++i) EXPECT_FALSE(parse_record(line.substr(i))) << i;
  EXPECT_FALSE(parse_record(line.substr(0, 100) + line));
}

TEST(record, of_another_kind_is_nothing) {
  for (const std::string_view line :
       {"", "null", "[]", "1", "\"v\"", "{}", R"({"v":2,"key":"k","fate":"accepted"})",
        R"({"key":"k","fate":"accepted"})", R"({"v":"1","key":"k","fate":"accepted"})",
        R"({"v":null,"key":"k","fate":"accepted"})", R"({"v":1,"fate":"accepted"})", R"({"v":1,"key":"k"})",
        R"({"v":1,"key":1,"fate":"accepted"})", R"({"v":1,"key":"k","fate":0})",
        R"({"v":1,"key":"k","fate":"Accepted"})", R"({"v":1,"key":"k","fate":""})", "\xff\xfe",
        "{\"v\":1,\"key\":\"\xff\",\"fate\":\"accepted\"}"})
    EXPECT_FALSE(parse_record(line)) << line;
  EXPECT_FALSE(parse_record(std::string(1 << 16, '[')));
  EXPECT_FALSE(parse_record(std::string(100, '\0')));  // a crash may leave this at a file's end
}

TEST(record, with_keys_of_a_later_time_is_read_all_the_same) {
  const auto read = parse_record(" {\"new\":{\"x\":[1]},\"fate\":\"rejected\",\"key\":\"k\",\"v\":1} \r");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key, "k");
  EXPECT_EQ(read->fate, fate::rejected);
}

TEST(base64, gives_the_vectors_of_rfc_4648) {
  const std::map<std::string, std::string> vectors{{"", ""},
                                                   {"f", "Zg=="},
                                                   {"fo", "Zm8="},
                                                   {"foo", "Zm9v"},
                                                   {"foob", "Zm9vYg=="},
                                                   {"fooba", "Zm9vYmE="},
                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64("\xff\xff\xfe\xfb"), "///++w==");
  EXPECT_EQ(base64(std::string(3, '\0')), "AAAA");
}

TEST(rfc3339, writes_utc_with_milliseconds) {
  EXPECT_EQ(rfc3339(morning), "2026-11-23T10:33:40.123Z");
  EXPECT_EQ(rfc3339(morning + 999'999ns), "2026-11-23T10:33:40.123Z");
  EXPECT_EQ(rfc3339(wall_time{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(wall_time{} - 1ns), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(std::chrono::sys_days{std::chrono::year{2024} / 2 / 29} + 23h),
            "2024-02-29T23:00:00.000Z");
  EXPECT_EQ(rfc3339(wall_time::max()), "2262-04-11T23:47:16.854Z");
  EXPECT_EQ(rfc3339(wall_time::min()), "1677-09-21T00:12:43.145Z");
}

TEST(record, of_a_corrupted_file_has_both_values) {
  file_record r;
  r.fate = fate::corrupted;
  r.disproved = disproof{R"(/h="{md5}")", "aa", "b\x7f\xff"};
  const auto text = to_json(r);
  EXPECT_THAT(text,
              testing::HasSubstr(R"("disproved":{"rule":"/h=\"{md5}\"","ours":"aa","theirs":"b\u007f)"));
  EXPECT_TRUE(core::parse_record(text));
  EXPECT_EQ(to_json(file_record{}).find("disproved"), std::string::npos);
}

TEST(summary, is_an_object_with_its_keys_in_order) {
  run_summary s;
  s.counts.add(fate::accepted, 2);
  s.counts.add(fate::rejected);
  s.seconds = 1.5;
  s.latency_ms = {1.25, 2, 3, 4};
  s.window_min = 1, s.window_max = 16, s.window_last = 8, s.window_changes = 5;
  const auto text = to_json(s);
  EXPECT_THAT(
      keys_of(text),
      ElementsAre("v", "reason", "detail", "runs", "began", "seen", "accepted", "rejected", "deferred",
                  "changed", "vanished", "skipped", "undeletable", "missing", "corrupted", "deleted", "moved",
                  "bad_lines", "folders_deleted", "folders_left", "bytes", "sent_bytes", "attempts",
                  "retries", "unknown_outcomes", "connections", "unreadable_dirs", "log_lines_dropped",
                  "seconds", "files_per_second", "latency_ms", "latency_steps_us", "window", "reasons"));
  const auto object = ordered_json::parse(text);
  EXPECT_EQ(object["v"], 1);
  EXPECT_EQ(object["reason"], "complete");
  EXPECT_EQ(object["seen"], 3);
  EXPECT_EQ(object["seconds"], 1.5);
  EXPECT_EQ(object["latency_ms"].dump(), R"({"p50":1.25,"p90":2.0,"p99":3.0,"max":4.0})");
  EXPECT_EQ(object["latency_steps_us"].dump(), "[]");
  EXPECT_EQ(object["runs"], 1);
  EXPECT_EQ(object["began"], "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(object["window"].dump(), R"({"min":1,"max":16,"last":8,"changes":5})");
  EXPECT_EQ(object["reasons"].dump(), "[]");
  s.reasons = {{fate::rejected, 3, "status 404", "a\xff"}, {fate::missing, 1, "none", "b"}};
  EXPECT_EQ(
      ordered_json::parse(to_json(s))["reasons"].dump(),
      "[{\"fate\":\"rejected\",\"count\":3,\"reason\":\"status 404\",\"example\":\"a\uFFFD\","
      "\"example_b64\":\"Yf8=\"},{\"fate\":\"missing\",\"count\":1,\"reason\":\"none\",\"example\":\"b\"}]");
  s.proxy = {"http://proxy:3128", "HTTPS_PROXY"};
  EXPECT_EQ(ordered_json::parse(to_json(s))["proxy"].dump(),
            R"({"url":"http://proxy:3128","from":"HTTPS_PROXY"})");
  EXPECT_TRUE(text.starts_with("{\n  \"v\": 1,\n"));
  EXPECT_TRUE(text.ends_with("}"));
}

TEST(summary, has_all_that_adding_it_up_needs) {
  run_summary s;
  s.exit_code = 5, s.shard = shard{3, 16}, s.runs = 2;
  s.began = morning;
  s.latency_steps = {{250, 3}, {256, 1}};
  const auto object = ordered_json::parse(to_json(s));
  EXPECT_EQ(object["exit_code"], 5);
  EXPECT_EQ(object["shard"], "3/16");
  EXPECT_EQ(object["runs"], 2);
  EXPECT_EQ(object["began"], "2026-11-23T10:33:40.123Z");
  EXPECT_EQ(object["latency_steps_us"].dump(), "[[250,3],[256,1]]");
}

TEST(summary, puts_every_count_under_its_name) {
  run_summary s;
  const std::vector<std::pair<const char*, std::uint64_t*>> counts{
      {"deleted", &s.deleted},
      {"moved", &s.moved},
      {"bad_lines", &s.bad_lines},
      {"folders_deleted", &s.folders_deleted},
      {"folders_left", &s.folders_left},
      {"bytes", &s.bytes},
      {"sent_bytes", &s.sent_bytes},
      {"attempts", &s.attempts},
      {"retries", &s.retries},
      {"unknown_outcomes", &s.unknown_outcomes},
      {"connections", &s.connections},
      {"unreadable_dirs", &s.unreadable_dirs},
      {"log_lines_dropped", &s.log_lines_dropped}};
  std::uint64_t n = 100;
  for (const auto& [name, count] : counts) *count = n++;
  for (const auto f : all_fates) s.counts.add(f, n++);
  const auto object = ordered_json::parse(to_json(s));
  for (const auto& [name, count] : counts) EXPECT_EQ(object[name], *count) << name;
  for (const auto f : all_fates) EXPECT_EQ(object[std::string{to_string(f)}], s.counts[f]);
  EXPECT_EQ(object["seen"], s.counts.total());
}

TEST(summary, names_every_reason) {
  constexpr std::array names{"complete", "cancelled",         "out_of_time", "too_many_errors", "unreachable",
                             "refused",  "source_unreadable", "locked",      "record_failed"};
  run_summary s;
  for (std::size_t i = 0; i < names.size(); ++i) {
    s.reason = static_cast<stop_reason>(i);
    EXPECT_EQ(ordered_json::parse(to_json(s))["reason"], names[i]);
  }
  s.reason = static_cast<stop_reason>(99);
  EXPECT_EQ(ordered_json::parse(to_json(s))["reason"], "unknown");
}

TEST(summary, survives_a_detail_that_is_no_text_and_a_rate_that_is_no_number) {
  run_summary s;
  s.detail = "no such file: \xff\n";
  s.files_per_second = std::numeric_limits<double>::quiet_NaN();
  const auto object = ordered_json::parse(to_json(s));
  EXPECT_EQ(object["detail"], "no such file: \uFFFD\n");
  EXPECT_TRUE(object["files_per_second"].is_null());
}

}  // namespace
}  // namespace sluice
