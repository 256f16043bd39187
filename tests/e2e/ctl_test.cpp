// The control socket of a running watch: what it does, who may ask, and that nobody can hold it up.
#include "e2e/watching.hpp"

#include <sys/stat.h>

#include <csignal>
#include <list>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class ctl : public watching {
 protected:
  ctl() { files.add_many(6, 100); }
};

TEST_F(ctl, status_is_text_or_json) {
  support::sink to;
  support::process p{watch_command(to, almost_idle({"-w", "4"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  ASSERT_TRUE(p.wait_until([&] { return status().value("accepted", 0) == 1; }));
  const auto text = watching::ctl({"status"});
  EXPECT_THAT(text.out, AllOf(HasSubstr(files.root().string()), HasSubstr("window      4, "),
                              HasSubstr("accepted    1 ")));
  const auto s = status();
  EXPECT_EQ(s.at("v"), 1);
  EXPECT_EQ(s.at("pid"), p.pid());
  EXPECT_EQ(s.at("url"), to.url());
  EXPECT_EQ(s.at("window"), 4);
  EXPECT_EQ(s.at("state"), "sending");
  EXPECT_EQ(s.at("deleted"), 1);
  EXPECT_EQ(threads_of(p), 1u);
  EXPECT_EQ(stop(p).code, 128 + SIGTERM) << p.err();
  EXPECT_FALSE(std::filesystem::exists(control_)) << "it leaves no socket behind";
}

TEST_F(ctl, speed_can_be_set_while_it_runs) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_TRUE(status().at("window_auto").get<bool>());
  EXPECT_EQ(watching::ctl({"window", "3"}).code, 0);
  EXPECT_EQ(watching::ctl({"limit-rate", "2M"}).code, 0);
  const auto s = status();
  EXPECT_EQ(s.at("window"), 3);
  EXPECT_FALSE(s.at("window_auto").get<bool>());
  EXPECT_EQ(s.at("limit_rate"), 2 << 20);
  EXPECT_EQ(watching::ctl({"window", "auto"}).code, 0);
  EXPECT_TRUE(status().at("window_auto").get<bool>());
  EXPECT_LE(to.requests(), 1u);
  EXPECT_EQ(watching::ctl({"rate", "off"}).code, 0);
  EXPECT_TRUE(p.wait_until([&] { return to.requests() == 6; })) << p.err();
  expect_nothing_lost(to);
}

TEST_F(ctl, pause_begins_nothing_until_resume) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  EXPECT_EQ(watching::ctl({"pause"}).code, 0);
  EXPECT_EQ(status().at("state"), "paused");
  EXPECT_EQ(watching::ctl({"rate", "off"}).code, 0);
  p.wait_until([] { return false; }, 200ms);
  EXPECT_EQ(to.requests(), 1u);
  EXPECT_EQ(watching::ctl({"resume"}).code, 0);
  EXPECT_TRUE(p.wait_until([&] { return to.requests() == 6; })) << p.err();
}

TEST_F(ctl, what_cannot_be_is_told_in_one_line_and_changes_nothing) {
  support::sink to;
  support::process p{watch_command(to, almost_idle({"-w", "2"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  for (const arguments& words : std::vector<arguments>{{"windows"},
                                                       {"window"},
                                                       {"window", "0"},
                                                       {"window", "1000000"},
                                                       {"window", "1", "2"},
                                                       {"rate", "-1"},
                                                       {"rate", "0"},
                                                       {"limit-rate", "x"},
                                                       {"pause", "now"},
                                                       {}}) {
    const auto asked = watching::ctl(words);
    EXPECT_EQ(asked.code, 2) << asked.err;
    EXPECT_THAT(support::lines_of(asked.err), SizeIs(1)) << asked.err;
    EXPECT_THAT(asked.err, StartsWith("sluice: ctl: "));
  }
  EXPECT_EQ(status().at("window"), 2);
}

TEST_F(ctl, without_a_listener_ends_with_5) {
  for (const auto& path : {room / "nothing", std::filesystem::path{"/dev/null"}}) {
    const auto asked = support::run(sluice({"ctl", "status", "--control", path}));
    EXPECT_EQ(asked.code, 5);
    EXPECT_THAT(support::lines_of(asked.err), SizeIs(1));
    EXPECT_THAT(asked.err, HasSubstr("nobody listens at"));
  }
  EXPECT_EQ(support::run(sluice({"ctl", "status"})).code, 2);
  EXPECT_EQ(support::run(sluice({"ctl", "status", "--control", std::string(108, 'x')})).code, 2);
}

TEST_F(ctl, path_comes_from_the_environment) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  auto c = sluice({"ctl", "status"});
  c.environment = {"SLUICE_CONTROL=" + control_};
  EXPECT_EQ(support::run(c).code, 0);
}

TEST_F(ctl, socket_is_in_the_runtime_directory_of_a_service) {
  support::sink to;
  auto c = sluice(
      {"watch", files.root(), to.url(), "--cacert", to.ca(), "--on-success", "delete", "--rate", "1/h"});
  c.environment = {"RUNTIME_DIRECTORY=" + room.path().string() + ":/elsewhere"};
  support::process p{c};
  EXPECT_TRUE(ready(p)) << p.err();
}

TEST_F(ctl, socket_is_for_its_owner_alone) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  struct stat st{};
  ASSERT_EQ(::stat(control_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600u);
}

TEST_F(ctl, another_user_is_refused_even_where_the_mode_lets_him_in) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another user";
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  ::chmod(room.path().c_str(), 0755), ::chmod(control_.c_str(), 0666);
  auto c = sluice({"ctl", "pause", "--control", control_});
  c.as_nobody = true;
  const auto asked = support::run(c);
  EXPECT_EQ(asked.code, 2);
  EXPECT_THAT(asked.err, HasSubstr("only the user of the watch and root"));
  EXPECT_EQ(status().at("state"), "sending");
}

TEST_F(ctl, garbage_is_answered_and_too_much_of_it_too) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  for (const std::string& line : std::vector<std::string>{"hello\n", "\n", "{\n", "[1]\n",
                                                          R"({"command":1})"
                                                          "\n",
                                                          R"({"value":"1"})"
                                                          "\n",
                                                          std::string("\0\xff\n", 3), std::string(5000, '{'),
                                                          std::string(100000, 'x') + "\n"}) {
    const raw_client c{control_};
    ASSERT_TRUE(c.connected());
    c.send(line);
    const auto reply = c.rest();
    EXPECT_THAT(support::lines_of(reply), SizeIs(1)) << reply;
    EXPECT_THAT(reply, HasSubstr(R"("ok":false)"));
  }
  EXPECT_EQ(status().at("state"), "sending");
}

TEST_F(ctl, slow_client_holds_nobody_and_is_let_go) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  const raw_client slow{control_}, gone{control_};
  slow.send("{\"command\":");
  std::list<raw_client> many;
  for (int i = 0; i < 8; ++i) many.emplace_back(control_);
  EXPECT_EQ(watching::ctl({"status"}).code, 0);
  EXPECT_EQ(slow.rest(), "") << "closed after its five seconds, unanswered";
  EXPECT_EQ(watching::ctl({"status"}).code, 0);
}

TEST_F(ctl, more_clients_than_are_served_at_once_cost_no_more_than_their_time) {
  support::sink to;
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  std::list<raw_client> many;
  for (int i = 0; i < 16; ++i) many.emplace_back(control_);
  EXPECT_TRUE(p.wait_until([&] { return watching::ctl({"status"}).code == 0; }))
      << "once the others are let go";
}

TEST_F(ctl, socket_of_a_dead_process_is_replaced_and_that_of_a_living_one_respected) {
  support::sink to;
  {
    support::process dead{watch_command(to, almost_idle())};
    ASSERT_TRUE(ready(dead)) << dead.err();
    dead.signal(SIGKILL);
    dead.wait();
  }
  ASSERT_TRUE(std::filesystem::exists(control_));
  support::process p{watch_command(to, almost_idle())};
  ASSERT_TRUE(ready(p)) << p.err();
  support::spool other{room / "other"};
  const auto second = run(sluice({"watch", other.root(), to.url(), "--cacert", to.ca(), "--on-success",
                                  "delete", "--control", control_}));
  EXPECT_EQ(second.code, 11);
  EXPECT_THAT(support::lines_of(second.err), SizeIs(1)) << second.err;
  EXPECT_THAT(second.err, HasSubstr("another instance holds"));
  EXPECT_EQ(status().at("pid"), p.pid());
}

TEST_F(ctl, what_is_no_socket_is_left_alone) {
  support::write_file(control_, "precious");
  support::sink to;
  support::process p{watch_command(to)};
  EXPECT_EQ(p.wait(), 2);
  EXPECT_THAT(p.err(), HasSubstr("is no socket"));
  EXPECT_EQ(support::content_of(control_), "precious");
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
