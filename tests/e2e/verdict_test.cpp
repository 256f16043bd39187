// What a reply must be before a file is removed: every doubt keeps it.
#include "e2e/e2e.hpp"

#include <chrono>
#include <filesystem>
#include <set>

namespace e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;

/// One way for a server not to confirm.
struct doubt {
  const char* name;
  const char* rules;  ///< of the sink's script
  arguments options;
  int code;
  const char* fate;
  const char* says;          ///< in the line of -v
  bool sink_has_it = false;  ///< the server took the file, although it never said so in a way that counts
};

void PrintTo(const doubt& d, std::ostream* out) { *out << d.name; }

class nothing_is_removed : public test, public testing::WithParamInterface<doubt> {};

TEST_P(nothing_is_removed, unless_the_server_confirms) {
  const auto& d = GetParam();
  files.add("a.jpg", "first");
  files.add("b/c.jpg", "second");
  files.add("empty.jpg", "");
  support::sink to{d.rules};
  arguments options{"--on-success", "delete", "--retry", "0", "-v"};
  options.insert(options.end(), d.options.begin(), d.options.end());
  const auto o = drain(to, options);
  expect_all_kept();
  EXPECT_EQ(o.code, d.code) << o.err;
  EXPECT_EQ(o.count(d.fate), 3u) << o.summary;
  EXPECT_EQ(o.count("accepted") + o.count("deleted"), 0u);
  expect_adds_up(o);
  EXPECT_THAT(o.err, HasSubstr(d.says));
  if (!d.sink_has_it) {
    EXPECT_THAT(names_with(to), IsEmpty());
  }
  EXPECT_THAT(to.ledger().size(), Le(o.count("attempts")));
}

constexpr const char* ok = "HTTP/1.1 200 OK\\r\\n";

std::string raw(const std::string& text) { return R"([{"reply": "raw", "raw": ")" + text + R"("}])"; }

const std::string content_length_twice =
    raw(std::string{ok} + "Content-Length: 2\\r\\nContent-Length: 3\\r\\n\\r\\n{}");
const std::string length_and_chunked =
    raw(std::string{ok} +
        "Content-Length: 2\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n2\\r\\n{}\\r\\n0\\r\\n\\r\\n");
const std::string bad_chunk =
    raw(std::string{ok} + "Transfer-Encoding: chunked\\r\\n\\r\\nxyz\\r\\n{}\\r\\n0\\r\\n\\r\\n");
const std::string http_0_9 = raw("200 OK, I have it\\n");
const std::string switching =
    raw("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: upgrade\\r\\n\\r\\n");

INSTANTIATE_TEST_SUITE_P(
    verdict, nothing_is_removed,
    testing::Values(
        // The server says no.
        doubt{"s400", R"([{"status": 400}])", {}, 1, "rejected", "rejected 400"},
        doubt{"s404", R"([{"status": 404}])", {}, 1, "rejected", "rejected 404"},
        doubt{"s409", R"([{"status": 409}])", {}, 1, "rejected", "rejected 409"},
        doubt{"s413", R"([{"status": 413}])", {}, 1, "rejected", "rejected 413"},
        doubt{"s422", R"([{"status": 422}])", {}, 1, "rejected", "rejected 422"},
        doubt{"s501", R"([{"status": 501}])", {}, 1, "rejected", "rejected 501"},
        doubt{"s202", R"([{"status": 202}])", {}, 1, "rejected", "rejected 202", true},
        doubt{"s206", R"([{"status": 206}])", {}, 1, "rejected", "rejected 206", true},
        doubt{"s200_of_another_set",
              "[]",
              {"--success-status", "201,204"},
              1,
              "rejected",
              "rejected 200",
              true},
        // It says: later.
        doubt{"s408", R"([{"status": 408}])", {}, 1, "deferred", "deferred 408"},
        doubt{"s429", R"([{"status": 429}])", {}, 1, "deferred", "deferred 429"},
        doubt{"s500", R"([{"status": 500}])", {}, 1, "deferred", "deferred 500"},
        doubt{"s502", R"([{"status": 502}])", {}, 1, "deferred", "deferred 502"},
        doubt{"s503", R"([{"status": 503}])", {}, 1, "deferred", "deferred 503"},
        // It refuses us.
        doubt{"s401", R"([{"status": 401}])", {"-w", "1", "--max-files", "3"}, 7, "rejected", "rejected 401"},
        doubt{"s403", R"([{"status": 403}])", {"-w", "1", "--max-files", "3"}, 7, "rejected", "rejected 403"},
        doubt{"s407", R"([{"status": 407}])", {"-w", "1", "--max-files", "3"}, 7, "rejected", "rejected 407"},
        // Yes, but not as agreed.
        doubt{"json_value",
              R"([{"body": "{\"code\": 5}"}])",
              {"--success-json", "/code=0"},
              1,
              "rejected",
              "rejected 200",
              true},
        doubt{"json_text_for_number",
              R"([{"body": "{\"code\": \"0\"}"}])",
              {"--success-json", "/code=0"},
              1,
              "rejected",
              "rejected 200",
              true},
        doubt{"json_missing",
              R"([{"body": "{}"}])",
              {"--success-json", "/code=0"},
              1,
              "rejected",
              "rejected 200",
              true},
        doubt{"json_second_rule",
              "[]",
              {"--success-json", "/code=0", "--success-json", "/size=1000"},
              1,
              "rejected",
              "rejected 200",
              true},
        doubt{"json_not_json",
              R"([{"body": "<html>Login</html>"}])",
              {"--success-json", "/code=0"},
              1,
              "rejected",
              "Login",
              true},
        doubt{"json_no_body",
              R"([{"status": 204}])",
              {"--success-json", "/code=0"},
              1,
              "rejected",
              "rejected 204",
              true},
        // Yes, but was that all of it?
        doubt{"cut_in_body",
              R"([{"cut_reply_after": 80}])",
              {},
              1,
              "deferred",
              "before its reply was complete",
              true},
        doubt{"cut_in_body_by_reset",
              R"([{"cut_reply_after": 80, "how": "rst"}])",
              {},
              1,
              "deferred",
              "deferred -",
              true},
        doubt{"cut_in_head",
              R"([{"cut_reply_after": 20}])",
              {},
              1,
              "deferred",
              "before its reply was complete",
              true},
        doubt{"cut_without_notice",
              R"([{"cut_reply_after": 80, "no_close_notify": true}])",
              {},
              1,
              "deferred",
              "deferred -",
              true},
        doubt{"cut_and_stalled",
              R"([{"cut_reply_after": 80, "how": "stall"}])",
              {"--speed-time", "300ms"},
              1,
              "deferred",
              "no byte moved",
              true},
        doubt{
            "no_reply", R"([{"reply": "none"}])", {}, 1, "deferred", "after the whole request had been sent"},
        doubt{"no_reply_by_reset",
              R"([{"reply": "none", "how": "rst"}])",
              {},
              1,
              "deferred",
              "after the whole request had been sent"},
        doubt{"unframed", R"([{"reply": "unframed"}])", {}, 1, "deferred", "has no length", true},
        doubt{"junk", R"([{"reply": "junk"}])", {}, 1, "deferred", "not HTTP/1.1"},
        doubt{"http_0_9", http_0_9.c_str(), {}, 1, "deferred", "not HTTP/1.1"},
        doubt{"two_lengths", content_length_twice.c_str(), {}, 1, "deferred", "not HTTP/1.1", true},
        doubt{"length_and_chunked", length_and_chunked.c_str(), {}, 1, "deferred", "not HTTP/1.1", true},
        doubt{"bad_chunk", bad_chunk.c_str(), {}, 1, "deferred", "not HTTP/1.1", true},
        doubt{"switching_protocols", switching.c_str(), {}, 1, "deferred", "not HTTP/1.1"},
        doubt{"cut_chunked",
              R"([{"reply": "chunked", "cut_reply_after": 106}])",
              {},
              1,
              "deferred",
              "deferred -",
              true},
        // No end of it.
        doubt{"endless_header", R"([{"endless": "header"}])", {}, 1, "deferred", "too large", true},
        doubt{"endless_body", R"([{"endless": "body"}])", {}, 1, "deferred", "too large", true},
        doubt{"endless_trailer", R"([{"endless": "trailer"}])", {}, 1, "deferred", "too large", true},
        doubt{"endless_interim", R"([{"endless": "interim"}])", {}, 1, "deferred", "too large"},
        // Not even the request got there.
        doubt{
            "cut_request", R"([{"cut_request_after": 10, "how": "rst"}])", {}, 1, "deferred", "deferred -"}),
    [](const auto& test) { return test.param.name; });

class verdict : public test {};

TEST_F(verdict, redirects_are_never_followed) {
  files.add_many(40, 100);
  support::sink elsewhere;
  for (const int status : {301, 302, 303, 307, 308}) {
    support::sink to{R"([{"status": )" + std::to_string(status) + R"(, "headers": {"Location": ")" +
                     elsewhere.url() + R"("}}])"};
    const auto o = drain(to, {"--on-success", "delete", "-w", "4", "-H", "Authorization: Bearer canary"});
    EXPECT_EQ(o.code, 7) << o.err;
    EXPECT_THAT(o.err, HasSubstr("the endpoint refuses us"));
    EXPECT_LE(to.ledger().size(), 4u + 3u)
        << "a wall costs as many requests as are in flight, not one per file";
    expect_all_kept();
  }
  EXPECT_THAT(elsewhere.ledger(), IsEmpty());
  EXPECT_EQ(elsewhere.stop().at("connections"), 0);
}

TEST_F(verdict, refused_credentials_stop_the_run) {
  files.add_many(500, 100);
  support::sink to{R"([{"status": 401}])"};
  const auto o = drain(to, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the endpoint refuses us"));
  EXPECT_LE(to.ledger().size(), 16u + 3u);
  EXPECT_EQ(o.summary.at("reason"), "refused");
  expect_adds_up(o);
  expect_all_kept();
}

// A server that says yes when it has seen the headers has not got the file (curl believes it).
TEST_F(verdict, early_success_is_no_success) {
  files.add("large.bin", std::string(24u << 20, 'x'));
  for (const auto* then : {"close", "drain", "rst", "keep"}) {
    support::sink to{R"([{"early": "headers", "per": "rule", "then": ")" + std::string{then} + R"("}])",
                     {"--receive-buffer", "65536"}};
    const auto o = drain(to, {"--on-success", "delete", "--retry", "0", "-v"});
    EXPECT_EQ(o.code, 1) << then << ": " << o.err;
    EXPECT_EQ(o.count("deferred"), 1u) << then;
    expect_all_kept();
  }
}

// The refusal counts, however early it came: the rest need not be sent.
TEST_F(verdict, early_refusal_is_a_refusal) {
  files.add("large.bin", std::string(24u << 20, 'x'));
  files.add("small.bin", "x");
  support::sink to{R"([{"match": {"name": "large*"}, "early": "part", "status": 413, "then": "close"}])",
                   {"--receive-buffer", "65536"}};
  const auto o = drain(to, {"--on-success", "delete", "-v"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("rejected"), 1u);
  EXPECT_THAT(o.err, HasSubstr("rejected 413 large.bin"));
  EXPECT_LT(o.count("sent_bytes"), 20u << 20);
  EXPECT_THAT(names_with(to), ElementsAre("small.bin"));
  EXPECT_TRUE(std::filesystem::exists(files / "large.bin"));
  expect_nothing_lost(to);
}

/// Ways to say yes that do count.
class is_accepted : public test, public testing::WithParamInterface<std::pair<const char*, const char*>> {};

TEST_P(is_accepted, and_removed) {
  files.add("a.jpg", "first");
  files.add("b.jpg", "");
  support::sink to{GetParam().second};
  const auto o =
      drain(to, {"--on-success", "delete", "--success-json", "/code=0", "--retry", "0", "-w", "1"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 2u);
  EXPECT_TRUE(files.left().empty());
  expect_nothing_lost(to);
}

INSTANTIATE_TEST_SUITE_P(
    verdict, is_accepted,
    testing::Values(
        std::pair{"plain", "[]"}, std::pair{"created", R"([{"status": 201}])"},
        std::pair{"chunked", R"([{"reply": "chunked", "chunk_ext": ";a=b", "trailers": {"X-Sum": "1"}}])"},
        std::pair{"after_interim", R"([{"interim": [100, 102, 103]}])"},
        std::pair{"then_closed", R"([{"close": true}])"},
        std::pair{"closed_without_notice", R"([{"close": true, "no_close_notify": true}])"},
        std::pair{"notice_ignored", R"([{"close": true, "ignore_close_notify": true}])"},
        std::pair{"byte_by_byte", R"([{"slow_reply": {"bytes_per_s": 4000}}])"},
        std::pair{
            "http_1_0",
            R"([{"reply": "raw", "raw": "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}"}])"}),
    [](const auto& test) { return test.param.first; });

TEST_F(verdict, no_content_is_a_success) {
  files.add("a.jpg", "first");
  support::sink to{R"([{"status": 204}])"};
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  EXPECT_TRUE(files.left().empty());
}

TEST_F(verdict, set_of_statuses_can_be_chosen) {
  files.add("a.jpg", "first");
  support::sink to{R"([{"status": 202}])"};
  EXPECT_EQ(drain(to, {"--on-success", "delete", "--success-status", "200,202"}).code, 0);
  EXPECT_TRUE(files.left().empty());
}

// What comes after a reply belongs to no request: a second "200 OK" must not confirm the next file.
TEST_F(verdict, spare_replies_are_never_given_to_the_next_file) {
  for (const auto* name : {"a", "b", "c", "d"}) files.add(name, name);
  const std::string spare = R"("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}")";
  for (const auto& rule :
       {R"({"match": {"name": "[ac]"}, "extra": )" + spare + "}",
        R"({"match": {"name": "[ac]"}, "idle_bytes": {"after_ms": 1, "bytes": )" + spare + "}}"}) {
    support::sink to{"[" + rule + R"(, {"status": 400}])"};
    const auto o = drain(to, {"-w", "1", "--order-by", "name", "-v"});
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.count("accepted"), 2u);
    EXPECT_EQ(o.count("rejected"), 2u);
    EXPECT_THAT(o.err, HasSubstr("accepted 200 a"));
    EXPECT_THAT(o.err, HasSubstr("rejected 400 b"));
    EXPECT_THAT(o.err, HasSubstr("rejected 400 d"));
  }
}

// One file that is always refused harms no other.
TEST_F(verdict, poison_file_harms_no_other) {
  files.add_many(30, 100);
  files.add("poison.jpg", "x");
  support::sink to{R"([{"match": {"name": "poison*"}, "status": 500}])"};
  const auto o = drain(to, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("accepted"), 30u);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_EQ(files.left().size(), 1u);
  expect_nothing_lost(to);
}

}  // namespace
}  // namespace e2e
