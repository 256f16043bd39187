// What counts as a confirmation, and what a refusal leads to.
#include "e2e/e2e.hpp"

#include <filesystem>

namespace e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

/// A way to say yes that does count.
struct confirmation {
  const char* name;
  const char* rules;
};
void PrintTo(const confirmation& c, std::ostream* out) { *out << c.name; }

class is_accepted : public test, public testing::WithParamInterface<confirmation> {};

TEST_P(is_accepted, and_removed) {
  files.add("a.jpg", "first");
  files.add("b.jpg", "");
  support::sink to{GetParam().rules};
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
        confirmation{"plain", "[]"}, confirmation{"created", R"([{"status": 201}])"},
        confirmation{"chunked", R"([{"reply": "chunked", "chunk_ext": ";a=b", "trailers": {"X-Sum": "1"}}])"},
        confirmation{"after_interim", R"([{"interim": [100, 102, 103]}])"},
        confirmation{"then_closed", R"([{"close": true}])"},
        confirmation{"closed_without_notice", R"([{"close": true, "no_close_notify": true}])"},
        confirmation{"notice_ignored", R"([{"close": true, "ignore_close_notify": true}])"},
        confirmation{"byte_by_byte", R"([{"slow_reply": {"bytes_per_s": 4000}}])"},
        confirmation{
            "http_1_0",
            R"([{"reply": "raw", "raw": "HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}"}])"}),
    [](const auto& test) { return test.param.name; });

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
