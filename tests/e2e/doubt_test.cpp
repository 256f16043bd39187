// Every way for a server not to confirm a file: it is kept.
#include "e2e/e2e.hpp"

namespace e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;

/// One way for a server not to confirm.
struct doubt {
  const char* name;
  const char* rules;  ///< rules of the sink's script
  arguments options;
  int code;
  const char* fate;
  const char* says;          ///< text in the line of -v
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
        doubt{"s404", R"([{"status": 404}])", {}, 7, "rejected", "rejected 404"},
        doubt{"s409", R"([{"status": 409}])", {}, 1, "rejected", "rejected 409"},
        doubt{"s413", R"([{"status": 413}])", {}, 1, "rejected", "rejected 413"},
        doubt{"s422", R"([{"status": 422}])", {}, 1, "rejected", "rejected 422"},
        doubt{"s501", R"([{"status": 501}])", {}, 7, "rejected", "rejected 501"},
        doubt{"s202", R"([{"status": 202}])", {}, 1, "deferred", "202 is not in --success-status", true},
        doubt{"s206", R"([{"status": 206}])", {}, 1, "deferred", "206 is not in --success-status", true},
        doubt{"s200_of_another_set",
              "[]",
              {"--success-status", "201,204"},
              1,
              "deferred",
              "the server took it, but 200 is not in --success-status",
              true},
        // The server says: later.
        doubt{"s408", R"([{"status": 408}])", {}, 1, "deferred", "deferred 408"},
        doubt{"s429", R"([{"status": 429}])", {}, 1, "deferred", "deferred 429"},
        doubt{"s500", R"([{"status": 500}])", {}, 1, "deferred", "deferred 500"},
        doubt{"s502", R"([{"status": 502}])", {}, 1, "deferred", "deferred 502"},
        doubt{"s503", R"([{"status": 503}])", {}, 1, "deferred", "deferred 503"},
        // The server refuses us.
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
              "deferred",
              "an HTML page, perhaps one to log in",
              true},
        doubt{"json_no_body",
              R"([{"status": 204}])",
              {"--success-json", "/code=0"},
              1,
              "deferred",
              "it has no body",
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
              {"--reply-time", "300ms"},
              1,
              "deferred",
              "no complete reply came in time (--reply-time)",
              true},
        doubt{
            "no_reply", R"([{"reply": "none"}])", {}, 1, "deferred", "after the whole request had been sent"},
        doubt{"no_reply_by_reset",
              R"([{"reply": "none", "how": "rst"}])",
              {},
              1,
              "deferred",
              "after the whole request had been sent"},
        doubt{"unframed",
              R"([{"reply": "unframed", "no_close_notify": true}])",
              {},
              1,
              "deferred",
              "has no length",
              true},
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
        doubt{"endless_body",
              R"([{"endless": "body"}])",
              {"--reply-time", "300ms"},
              1,
              "deferred",
              "no complete reply",
              true},
        doubt{"endless_trailer", R"([{"endless": "trailer"}])", {}, 1, "deferred", "too large", true},
        doubt{"endless_interim", R"([{"endless": "interim"}])", {}, 1, "deferred", "too large"},
        // Not even the request got there.
        doubt{
            "cut_request", R"([{"cut_request_after": 10, "how": "rst"}])", {}, 1, "deferred", "deferred -"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace e2e
