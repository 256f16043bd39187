#include "engine/run/answer_watch.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

TEST(answer_watch, tells_of_what_has_no_end_by_itself) {
  const struct {
    error_code error;
    bool follows;
    const char* told;  ///< null: nothing is told
  } table[] = {
      {errc::connect_timeout, false, "no answer from sink.example:80 within 10 s"},
      {errc::connect_timeout, true, "no answer from sink.example:80 within 10 s"},
      {errc::tls_identity, false, nullptr},
      {errc::tls_identity, true, "no trusted connection to sink.example:80: the reason"},
      {errc::tls_pin_mismatch, false, nullptr},
      {errc::tls_pin_mismatch, true, "no trusted connection to sink.example:80: the reason"},
      {errc::host_not_found, true, nullptr},
      {errc::connection_lost, true, nullptr},
      {errc::stalled, true, nullptr},
  };
  for (const auto& row : table) {
    fake::world w;
    answer_watch watch{w.context, row.follows};
    watch.judged(fake::silent(row.error).outcome, "the reason");
    ASSERT_EQ(w.notices.size(), row.told != nullptr ? 1u : 0u) << row.error.message();
    if (row.told == nullptr) continue;
    EXPECT_EQ(w.notices.front().what, notice::kind::unanswered);
    EXPECT_THAT(w.notices.front().text, HasSubstr(row.told));
  }
}

TEST(answer_watch, says_that_it_is_tried_again_where_it_is) {
  auto c = fake::cfg();
  c.retry.retries = 0;
  fake::world once{c}, again;
  answer_watch{once.context, false}.judged(fake::silent(errc::connect_timeout).outcome, "");
  answer_watch{again.context, false}.judged(fake::silent(errc::connect_timeout).outcome, "");
  EXPECT_THAT(once.notices.front().text, Not(HasSubstr("again")));
  EXPECT_THAT(again.notices.front().text, HasSubstr("it is tried again"));
}

TEST(answer_watch, tells_once) {
  fake::world w;
  answer_watch watch{w.context, true};
  for (int n = 0; n < 3; ++n) watch.judged(fake::silent(errc::connect_timeout).outcome, "");
  watch.judged(fake::silent(errc::tls_identity).outcome, "");
  EXPECT_THAT(w.notices, SizeIs(1));
}

TEST(answer_watch, has_nothing_to_tell_once_a_reply_came) {
  fake::world w;
  answer_watch watch{w.context, true};
  watch.judged(fake::silent(errc::connection_lost).outcome, "");
  watch.judged(fake::answered(503).outcome, "busy");
  watch.judged(fake::silent(errc::connect_timeout).outcome, "");
  EXPECT_THAT(w.notices, SizeIs(0));
}

using condition = core::endpoint_monitor::condition;
const condition no_reply{.state = endpoint_state::no_replies, .why = "no reply comes to its end: late"};

TEST(answer_watch, tells_of_a_trouble_once_until_a_file_is_accepted) {
  fake::world w;
  answer_watch watch{w.context, true};
  for (int n = 0; n < 3; ++n) watch.tell_trouble(no_reply);
  ASSERT_THAT(w.notices, SizeIs(1));
  EXPECT_EQ(w.notices.front().what, notice::kind::unanswered);
  EXPECT_THAT(w.notices.front().text, AllOf(HasSubstr(no_reply.why), HasSubstr("tried again")));
  watch.endpoint_takes_files();
  watch.tell_trouble(no_reply);
  EXPECT_THAT(w.notices, SizeIs(1)) << "one message a minute";
  w.pass(answer_watch::least_apart);
  watch.tell_trouble(no_reply);
  EXPECT_THAT(w.notices, SizeIs(2));
}

TEST(answer_watch, leaves_to_the_end_of_a_run_what_ends_it) {
  const struct {
    condition trouble;
    bool told;
  } table[] = {
      {{.state = endpoint_state::unreachable, .why = "x"}, false},
      {{.state = endpoint_state::refused, .why = "x"}, false},
      {{.state = endpoint_state::refused, .why = "x", .is_of_rule = true}, true},
      {no_reply, true},
  };
  for (const auto& row : table)
    for (const bool follows : {false, true}) {
      fake::world w;
      answer_watch watch{w.context, follows};
      watch.tell_trouble(row.trouble);
      EXPECT_THAT(w.notices, SizeIs(row.told || follows ? 1 : 0)) << to_string(row.trouble.state);
    }
}

}  // namespace
}  // namespace sluice::engine
