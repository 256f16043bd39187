// The retries, their times and their number: an endpoint in trouble costs few requests, and no file.
#include "e2e/e2e.hpp"

#include <chrono>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::IsEmpty;

class retry : public test {};

TEST_F(retry, repeats_key_and_fields_exactly) {
  files.add("a.jpg", "first");
  files.add("b.jpg", "second");
  support::sink to{R"([{"status": [503, 503, 200]}])"};
  const auto o =
      drain(to, {"--on-success", "delete", "-F", "now={now}", "-F", "ms={now_ms}", "-F", "random={random}",
                 "-F", "uuid={uuid}", "-F", "seq={seq}", "-F", "key={key}", "-F", "path={path}"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 2u);
  EXPECT_EQ(o.count("attempts"), 6u);
  EXPECT_EQ(o.count("retries"), 4u);
  EXPECT_EQ(o.count("unknown_outcomes"), 0u);
  EXPECT_THAT(files.left(), IsEmpty());

  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 6u);
  for (const auto* name : {"a.jpg", "b.jpg"}) {
    std::set<std::string> keys, fields, digests, boundaries;
    for (const auto& r : ledger) {
      if (r.name != name) continue;
      keys.insert(r.key), fields.insert(r.line.at("fields").dump()), digests.insert(r.sha256);
      boundaries.insert(r.line.at("headers").at("content-type"));
      EXPECT_EQ(r.field("key"), r.key);
    }
    EXPECT_EQ(keys.size(), 1u);
    EXPECT_EQ(fields.size(), 1u);
    EXPECT_EQ(digests.size(), 1u);
    EXPECT_EQ(boundaries.size(), 3u) << "a boundary is drawn for each request";
  }
}

// An unknown outcome may leave a duplicate: as many as are counted, each with the first one's key.
TEST_F(retry, duplicates_are_counted_and_can_be_told) {
  files.add_many(20, 500);
  support::sink to{R"([{"match": {"name": "f-0000*"}, "times": 1, "cut_reply_after": 30}])"};
  const auto o = drain(to, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(files.left(), IsEmpty());
  std::map<std::string, std::set<std::string>> keys;
  std::size_t accepted = 0;
  for (const auto& r : to.ledger()) keys[r.name].insert(r.key), accepted += r.verdict == "accepted" ? 1 : 0;
  EXPECT_EQ(keys.size(), 20u);
  for (const auto& [name, of_name] : keys) EXPECT_EQ(of_name.size(), 1u) << name;
  EXPECT_EQ(accepted - keys.size(), 9u);
  EXPECT_EQ(o.count("unknown_outcomes"), 9u);
}

TEST_F(retry, ends_after_as_many_as_were_asked_for) {
  files.add("a.jpg", "first");
  for (const auto* retries : {"0", "1", "2"}) {
    support::sink to{R"([{"status": 503}])"};
    const auto o = drain(to, {"--on-success", "delete", "--retry", retries});
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("deferred"), 1u);
    EXPECT_EQ(to.ledger().size(), 1 + std::stoul(retries));
    expect_all_kept();
  }
}

TEST_F(retry, is_not_for_refusals_unless_asked_for) {
  files.add("a.jpg", "first");
  {
    support::sink to{R"([{"status": [400, 200]}])"};
    EXPECT_EQ(drain(to).code, 1);
    EXPECT_EQ(to.ledger().size(), 1u);
  }
  {
    support::sink to{R"([{"status": [400, 200]}])"};
    EXPECT_EQ(drain(to, {"--retry-all-errors"}).code, 0);
    EXPECT_EQ(to.ledger().size(), 2u);
  }
  {
    support::sink to{R"([{"status": [401, 200]}])"};
    EXPECT_EQ(drain(to, {"--retry-all-errors"}).code, 7);
    EXPECT_EQ(to.ledger().size(), 1u);
  }
}

TEST_F(retry, stops_when_its_time_is_over) {
  files.add("a.jpg", "first");
  support::sink to{R"([{"status": 503, "delay_ms": 250}])"};
  const auto o = drain(to, {"--retry", "50", "--retry-max-time", "1"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_LE(to.ledger().size(), 6u);
}

TEST_F(retry, goes_on_when_the_endpoint_is_back) {
  files.add_many(150, 100);
  support::sink to{R"([{"per": "rule", "times": 60, "status": 503}])"};
  const auto o = drain(to, {"--on-success", "delete", "--retry", "5"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(files.left(), IsEmpty());
  expect_nothing_lost(to);
}

TEST_F(retry, attempt_has_a_limit_as_a_whole) {
  files.add("a", "x");
  support::sink to{R"([{"delay_ms": 20000}])"};
  const auto begun = steady_clock::now();
  const auto o = drain(to, {"--on-success", "delete", "--retry", "0", "--max-time", "400ms", "-v"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_LT(steady_clock::now() - begun, 5s);
  EXPECT_THAT(o.err, HasSubstr("the attempt took too long (--max-time)"));
  EXPECT_EQ(o.count("unknown_outcomes"), 1u);
  expect_all_kept();
}

TEST_F(retry, silence_is_given_up) {
  files.add("a", "x");
  support::sink to{R"([{"reply": "none", "how": "stall"}])"};
  const auto begun = steady_clock::now();
  const auto o = drain(to, {"--on-success", "delete", "--retry", "0", "--reply-time", "400ms", "-v"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_LT(steady_clock::now() - begun, 5s);
  EXPECT_THAT(o.err, HasSubstr("no complete reply came in time (--reply-time)"));
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
