// The replies that count as a confirmation, and the consequences of a refusal.
#include "e2e/e2e.hpp"

namespace e2e {
namespace {

class verdict : public test {};

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

}  // namespace
}  // namespace e2e
