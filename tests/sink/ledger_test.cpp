#include "sink/ledger.hpp"
#include "sink/scratch.hpp"
#include "sink/usage_error.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sink {
namespace {

using nlohmann::json;

struct example {
  example() {
    head.set_line("POST", "/up?x=\"1\"");
    head.add("Host", "localhost");
    head.add("X-Twice", "1");
    head.add("X-Twice", "2");
    entry.n = 3;
    entry.conn = 2;
    entry.head = &head;
    entry.name = "a\xff\".jpg";
    entry.type = "image/jpeg";
    entry.key = "k1";
    entry.size = 5;
    entry.digest = std::string_view{"\x00\xab", 2};
    entry.fields = &fields;
    entry.complete = true;
    entry.status = 200;
    entry.verdict = "accepted";
    entry.reply = "whole";
    entry.t_ms = 1'700'000'000'000;
  }
  request_head head;
  std::vector<name_value> fields{{"z", "1"}, {"a", "\n"}, {"z", "2"}};
  ledger_entry entry;
};

TEST(ledger, writes_one_json_object_a_line) {
  example e;
  std::string line;
  append_line(line, e.entry);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(json::parse(line), json::parse(R"({"n":3,"conn":2,"path":"/up?x=\"1\"","name":"a\ufffd\".jpg",
    "name_b64":"Yf8iLmpwZw==","size":5,"sha256":"00ab","type":"image/jpeg","key":"k1",
    "fields":[["z","1"],["a","\n"],["z","2"]],"headers":{"host":"localhost","x-twice":"1, 2"},
    "complete":true,"status":200,"verdict":"accepted","reply":"whole","t_ms":1700000000000})"));
}

TEST(ledger, adds_reason_and_stored_name_only_when_there_are_any) {
  example e;
  e.entry.reason = "why";
  e.entry.stored = "00000003-a.jpg";
  std::string line;
  append_line(line, e.entry);
  append_line(line, e.entry);
  const auto parsed = json::parse(line.substr(0, line.find('\n')));
  EXPECT_EQ(parsed["reason"], "why");
  EXPECT_EQ(parsed["stored"], "00000003-a.jpg");
  EXPECT_EQ(parsed, json::parse(line.substr(line.find('\n'))));
}

TEST(ledger, can_be_read_after_each_line_and_is_only_ever_added_to) {
  scratch dir;
  example e;
  std::string line;
  append_line(line, e.entry);
  {
    ledger log{dir / "l", false};
    log.write(e.entry);
    EXPECT_EQ(content_of(dir / "l"), line);
  }
  ledger again{dir / "l", false};
  again.write(e.entry);
  EXPECT_EQ(content_of(dir / "l"), line + line);
}

TEST(ledger, gathers_lines_when_buffered_until_flushed) {
  scratch dir;
  example e;
  ledger log{dir / "l", true};
  log.write(e.entry);
  EXPECT_EQ(content_of(dir / "l"), "");
  log.flush();
  const auto one = content_of(dir / "l").size();
  EXPECT_GT(one, 0u);
  for (std::size_t i = 0; i < 70'000 / one + 1; ++i) log.write(e.entry);
  EXPECT_GT(content_of(dir / "l").size(), 64u * 1024);
}

TEST(ledger, says_when_it_cannot_be_kept) {
  EXPECT_THROW(ledger("/nowhere/at/all", false), usage_error);
  example e;
  ledger full{"/dev/full", false};
  EXPECT_THROW(full.write(e.entry), std::runtime_error);
  ledger none{"none", false};
  EXPECT_NO_THROW(none.write(e.entry));
}

}  // namespace
}  // namespace sink
