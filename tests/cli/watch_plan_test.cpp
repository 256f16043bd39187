#include "cli/watch/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::cli {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct given_plan {
  watch_plan plan;
  std::vector<std::string> problems;
};
given_plan plan_of(const std::vector<std::pair<const char*, const char*>>& options) {
  raw_options raw;
  raw.verb = verb::watch;
  raw.positionals = {"/usr/share", "http://127.0.0.1:9/upload"};
  for (const auto& [name, value] : options) raw.add(name, {{value}, std::string{"--"} + name});
  given_plan g;
  g.plan = make_watch_plan(raw, g.problems);
  return g;
}

TEST(watch_plan, follows_its_source_and_prints_once_a_minute) {
  const auto [plan, problems] = plan_of({{"on-success", "move=/tmp"}});
  ASSERT_TRUE(plan.base.source.follow);
  EXPECT_EQ(plan.base.source.follow->rescan, 60s);
  EXPECT_EQ(plan.base.source.follow->again, 60s);
  EXPECT_EQ(plan.base.stats, 60s);
  EXPECT_TRUE(plan.base.endless);
  EXPECT_FALSE(plan.base.config.resume);
  EXPECT_TRUE(plan.base.config.count_ahead) << "or nobody knows what waits";
}

TEST(watch_plan, tries_again_as_often_as_it_looks) {
  EXPECT_EQ(plan_of({{"rescan", "5s"}}).plan.base.source.follow->again, 5s);
  EXPECT_EQ(plan_of({{"rescan", "1h"}}).plan.base.source.follow->again, 60s);
}

TEST(watch_plan, never_looks_without_a_pause) {
  const auto [plan, problems] = plan_of({{"on-success", "move=/tmp"}, {"rescan", "0"}});
  EXPECT_THAT(problems, Contains(HasSubstr("--rescan: an interval of 0")));
  EXPECT_EQ(plan.base.source.follow->rescan, 60s) << "so that nothing else complains";
}

TEST(watch_plan, remembers_what_it_kept_in_the_log) {
  EXPECT_THAT(plan_of({}).problems, Contains(HasSubstr("needs --joblog")));
  EXPECT_THAT(plan_of({{"joblog", "-"}}).problems, Contains(HasSubstr("needs --joblog")));
  const auto [plan, problems] = plan_of({{"joblog", "/tmp/sluice-watch-plan-test.log"}});
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_TRUE(plan.base.config.resume);
}

TEST(watch_plan, control_socket_is_in_the_runtime_directory_where_there_is_one) {
  EXPECT_EQ(plan_of({}).plan.control, "");
  ::setenv("RUNTIME_DIRECTORY", "/run/sluice/a:/run/b", 1);
  EXPECT_EQ(plan_of({}).plan.control, "/run/sluice/a/control");
  EXPECT_EQ(plan_of({{"control", "/tmp/c"}}).plan.control, "/tmp/c");
  ::unsetenv("RUNTIME_DIRECTORY");
}

TEST(watch_plan, status_page_is_for_this_machine_unless_said_otherwise) {
  const auto [plan, problems] = plan_of({{"joblog", "/tmp/l"}, {"status", "127.0.0.1:9180"}});
  EXPECT_THAT(problems, IsEmpty());
  ASSERT_TRUE(plan.status);
  EXPECT_EQ(plan.status->port, 9180);
  EXPECT_THAT(plan_of({{"joblog", "/tmp/l"}, {"status", "10.0.0.1:1"}}).problems,
              ElementsAre(HasSubstr("--status: '10.0.0.1' can be reached from other machines")));
  EXPECT_THAT(plan_of({{"joblog", "/tmp/l"}, {"status", "0.0.0.0:1"}, {"status-public", "true"}}).problems,
              IsEmpty());
}

TEST(watch_plan, reads_addresses) {
  struct row {
    const char* text;
    const char* ip;  ///< null: none
    int port;
  };
  for (const auto& [text, ip, port] :
       {row{"127.0.0.1:0", "127.0.0.1", 0}, row{"[::1]:65535", "::1", 65535},
        row{"0.0.0.0:80", "0.0.0.0", 80}, row{"::1:80", nullptr, 0}, row{"[127.0.0.1]:80", nullptr, 0},
        row{"localhost:80", nullptr, 0}, row{"127.0.0.1", nullptr, 0}, row{"127.0.0.1:", nullptr, 0},
        row{"127.0.0.1:65536", nullptr, 0}, row{":80", nullptr, 0}, row{"[::1]", nullptr, 0},
        row{"", nullptr, 0}}) {
    const auto a = parse_status_address(text);
    ASSERT_EQ(a.has_value(), ip != nullptr) << text;
    if (!a) continue;
    EXPECT_EQ(a->ip, ip);
    EXPECT_EQ(a->port, port);
  }
}

TEST(watch_plan, verbs_share_names_and_not_meanings) {
  EXPECT_EQ(find_option("json", verb::ctl)->what, option_row::kind::flag);
  EXPECT_EQ(find_option("json", verb::bench)->what, option_row::kind::value);
  EXPECT_EQ(find_option("json", verb::send), nullptr);
  EXPECT_EQ(find_option("control", verb::send), nullptr);
  EXPECT_NE(find_option("control", verb::ctl), nullptr);
  EXPECT_EQ(find_option("files-from", verb::watch), nullptr);
  EXPECT_EQ(find_option("rescan", verb::send), nullptr);
  for (const auto v : {verb::send, verb::watch, verb::bench, verb::ctl}) {
    const auto options = options_of(v);
    for (const auto& one : options)
      EXPECT_EQ(std::ranges::count(options, one.name, &option_row::name), 1) << one.name;
  }
}

}  // namespace
}  // namespace sluice::cli
