#include "engine/settings.hpp"

#include "engine/compiled_settings.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

config that_works() {
  config c;
  c.url = "http://sink.example:8080/up?x=1";
  return c;
}

TEST(settings, name_the_member_of_each_problem) {
  const struct {
    void (*breaks)(config&);
    const char* line;
  } table[] = {
      {[](config& c) { c.url = "ftp://x"; }, "url: "},
      {[](config& c) { c.window = window::fixed(0); }, "window: 0 uploads"},
      {[](config& c) { c.window = window::fixed(100'000'000); }, "window: 100000000 uploads"},
      {[](config& c) { c.retry.base = -1ms; }, "retry.base: "},
      {[](config& c) { c.retry.cap = -1ms; }, "retry.cap: "},
      {[](config& c) { c.retry.max_time = -1s; }, "retry.max_time: "},
      {[](config& c) { c.timeout.attempt = -1ms; }, "timeout.attempt: "},
      {[](config& c) { c.timeout.connect = 0ms; }, "timeout.connect: "},
      {[](config& c) { c.timeout.stall = 0ms; }, "timeout.stall: "},
      {[](config& c) { c.timeout.connection_age = -1ms; }, "timeout.connection_age: "},
      {[](config& c) { c.settle = -1ms; }, "settle: "},
      {[](config& c) { c.limit.max_duration = -1ms; }, "limit.max_duration: "},
      {[](config& c) { c.limit.grace = -1ms; }, "limit.grace: "},
      {[](config& c) { c.limit.requests_per_second = -1; }, "limit.requests_per_second: "},
      {[](config& c) { c.success.statuses = {}; }, "success.statuses: empty"},
      {[](config& c) { c.success.statuses = {100}; }, "success.statuses: 100"},
      {[](config& c) { c.success.json = {"no rule"}; }, "success.json: "},
      {[](config& c) { c.resume = true; }, "resume: "},
      {[](config& c) { c.on_reject = disposal::remove(); }, "on_reject: "},
      {[](config& c) { c.headers = {{"Host", "x"}}; }, "headers: "},
      {[](config& c) { c.user = ":"; }, "user: neither a name nor a password"},
      {[](config& c) { c.user = "me:a\nb"; }, "user: the user or the password has a control"},
      {[](config& c) { c.bearer = "two words"; }, "bearer: a token has no space"},
      {[](config& c) { c.user = c.bearer = "x"; }, "user and bearer: a request carries one Authorization"},
      {[](config& c) { c.user = "x", c.headers = {{"authorization", "y"}}; },
       "user and headers: a request carries one Authorization"},
      {[](config& c) { c.bearer = "x", c.headers = {{"Authorization", "y"}}; },
       "bearer and headers: a request carries one Authorization"},
      {[](config& c) { c.idempotency_header = "a b"; }, "idempotency_header: "},
      {[](config& c) { c.form = {{"", "x"}}; }, "form: a field without a name"},
      {[](config& c) { c.form = {{"x", "{nothing}"}}; }, "form: 'x': "},
      {[](config& c) { c.file.name = ""; }, "form: a field without a name"},
      {[](config& c) { c.file.type = "jpeg"; }, "file.type: 'jpeg'"},
      {[](config& c) { c.file.filename = "{nothing}"; }, "file.filename: "},
      {[](config& c) { c.addresses = {{"localhost"}}; }, "addresses: 'localhost'"},
      {[](config& c) { c.addresses = {{"fe80::1%no-such-if"}}; }, "addresses: 'fe80::1%no-such-if'"},
  };
  for (const auto& row : table) {
    auto c = that_works();
    row.breaks(c);
    std::vector<problem> problems;
    EXPECT_FALSE(compile(c, problems)) << row.line;
    EXPECT_THAT(support::lines_of(problems), ElementsAre(StartsWith(row.line)));
  }
}

TEST(settings, tell_all_problems_at_once) {
  auto c = that_works();
  c.settle = -1ms, c.file.type = "jpeg", c.success.statuses = {};
  std::vector<problem> problems;
  EXPECT_FALSE(compile(c, problems));
  EXPECT_EQ(problems.size(), 3u);
}

TEST(settings, need_no_trust_for_plain_http_and_take_the_port_of_the_url) {
  auto c = that_works();
  c.addresses = {{"127.0.0.1"}, {"::1", 99}};
  const auto s = compiled(c);
  EXPECT_EQ(s.tls, nullptr);
  ASSERT_EQ(s.to.addresses.size(), 2u);
  EXPECT_EQ(s.to.addresses[0].port(), 8080);
  EXPECT_EQ(s.to.addresses[1].port(), 99);
  EXPECT_FALSE(s.host.empty());
  EXPECT_GE(s.descriptors.window, 1u);
}

TEST(settings, name_the_fields_of_one_upload_as_its_caller_calls_them) {
  std::vector<problem> problems;
  const auto fields = compile_fields({{"good", "{name}"}, {"bad", "{nothing}"}}, "fields", {}, problems);
  ASSERT_EQ(fields.size(), 1u);
  EXPECT_EQ(fields.front().first, "good");
  EXPECT_THAT(support::lines_of(problems), ElementsAre(StartsWith("fields: 'bad': ")));
}

TEST(settings, say_how_long_a_file_is_left_alone_and_what_helps) {
  EXPECT_THAT(settling_notice("a\nb", "no leases", 10s), HasSubstr("left alone for 10s"));
  EXPECT_THAT(settling_notice("a", "no leases", 2500ms), HasSubstr("left alone for 2.5s"));
  EXPECT_THAT(settling_notice("a\nb", "no leases", 10s), testing::Not(HasSubstr("\n")));
  EXPECT_THAT(settling_notice("a", "no leases", 10s), HasSubstr("(no leases)"));
}

}  // namespace
}  // namespace sluice::engine
