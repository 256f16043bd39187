// A watch whose secrets, certificates and log change under it: nothing is lost, and no secret is shown.
#include "e2e/watching.hpp"

#include <algorithm>
#include <csignal>
#include <memory>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

namespace fs = std::filesystem;

class reload : public watching {
 protected:
  reload() { files.add_many(6, 100); }

  void header_file(const std::string& text) const {
    support::write_file(header_, text);
    fs::permissions(header_, fs::perms::owner_read | fs::perms::owner_write);
  }
  bool hang_up(support::process& p) {
    const auto before = reloads(p);
    p.signal(SIGHUP);
    return p.wait_until([&] { return reloads(p) > before; });
  }
  static std::size_t reloads(const support::process& p) {
    std::size_t n = 0;
    for (const auto& line : support::lines_of(p.err())) n += line == "sluice: reloaded" ? 1 : 0;
    return n;
  }
  /// All the rest is sent, and the program ends or is told to.
  outcome rest(support::process& p, const support::sink& to) const {
    EXPECT_EQ(ctl({"rate", "off"}).code, 0);
    EXPECT_TRUE(p.wait_until([&] { return to.requests() >= 6; })) << p.err();
    p.signal(SIGTERM);
    return outcome_of(p);
  }

  const std::string header_ = room / "headers";
};

TEST_F(reload, headers_are_those_of_the_file_as_it_is_now) {
  header_file("token: s3cret-old\nother: same\n");
  support::sink to;
  support::process p{watch_command(to, almost_idle({"-H", "@" + header_, "-H", "mine: yes"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  header_file("token: s3cret-new\nother: same\nadded: too\n");
  ASSERT_TRUE(hang_up(p)) << p.err();
  rest(p, to);
  const auto tokens = header_values(to, "token");
  ASSERT_THAT(tokens, SizeIs(6));
  EXPECT_EQ(tokens[0], "s3cret-old");
  EXPECT_THAT(std::vector(tokens.begin() + 1, tokens.end()), Each("s3cret-new"));
  EXPECT_THAT(header_values(to, "mine"), Each("yes"));
  EXPECT_EQ(header_values(to, "added").back(), "too");
  EXPECT_THAT(p.err(), Not(HasSubstr("s3cret")));
  expect_nothing_lost(to);
}

TEST_F(reload, what_cannot_be_read_again_is_told_and_stays) {
  header_file("token: s3cret-old\n");
  support::sink to;
  support::process p{watch_command(to, almost_idle({"-H", "@" + header_}))};
  ASSERT_TRUE(ready(p)) << p.err();
  header_file("s3cret-without-a-name\n");
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), AllOf(HasSubstr("line 1: a header without a colon"), HasSubstr("stay as they were")));
  header_file("Host: s3cret\n");
  ASSERT_TRUE(hang_up(p)) << p.err();
  fs::remove(header_);
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), HasSubstr("cannot be read again"));
  ASSERT_EQ(::system(("mkfifo " + header_).c_str()), 0);
  ASSERT_TRUE(hang_up(p)) << "a fifo is not waited for";
  rest(p, to);
  EXPECT_THAT(header_values(to, "token"), Each("s3cret-old"));
  EXPECT_THAT(p.err(), Not(HasSubstr("s3cret")));
}

TEST_F(reload, header_that_is_gone_from_the_file_stays_and_is_told_of) {
  header_file("token: one\nother: two\n");
  support::sink to;
  support::process p{watch_command(to, almost_idle({"-H", "@" + header_}))};
  ASSERT_TRUE(ready(p)) << p.err();
  header_file("token: three\n");
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), HasSubstr("the header 'other' cannot be taken away"));
  rest(p, to);
  EXPECT_EQ(header_values(to, "token").back(), "three");
  EXPECT_EQ(header_values(to, "other").back(), "two");
}

TEST_F(reload, log_that_was_renamed_is_begun_anew) {
  support::sink to;
  support::process p{watch_command(to, almost_idle({"--joblog", room / "log"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  const auto lines = [&](const char* name) { return support::lines_of(support::content_of(room / name)); };
  ASSERT_TRUE(p.wait_until([&] { return lines("log").size() == 1; }));
  fs::rename(room / "log", room / "log.1");
  ASSERT_TRUE(hang_up(p)) << p.err();
  rest(p, to);
  EXPECT_THAT(lines("log.1"), SizeIs(1));
  EXPECT_THAT(lines("log"), SizeIs(5));
}

TEST_F(reload, log_that_cannot_be_opened_again_goes_on_as_it_was) {
  fs::create_directory(room / "logs");
  support::sink to;
  support::process p{watch_command(to, almost_idle({"--joblog", room / "logs/log"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  fs::rename(room / "logs", room / "moved");
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), AllOf(HasSubstr("--joblog: cannot open"), HasSubstr("the old one stays in use")));
  rest(p, to);
  EXPECT_THAT(support::lines_of(support::content_of(room / "moved/log")), SizeIs(6));
}

TEST_F(reload, certificates_that_cannot_be_read_stay) {
  support::sink to;
  fs::copy_file(to.ca(), room / "ca");
  auto c = watch_command(to, almost_idle());
  std::ranges::replace(c.arguments, to.ca(), (room / "ca").string());
  support::process p{c};
  ASSERT_TRUE(ready(p)) << p.err();
  support::write_file(room / "ca", "no certificate");
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), HasSubstr("the certificates and keys stay as they were"));
  fs::copy_file(to.ca(), room / "ca", fs::copy_options::overwrite_existing);
  ASSERT_TRUE(hang_up(p)) << p.err();
  rest(p, to);
  expect_nothing_lost(to);
}

class token_command : public reload {
 protected:
  /// Gone, or dead and not yet buried by whoever inherited it.
  static bool is_over(int pid) {
    for (int i = 0; i < 1000; ++i) {
      const auto what = support::content_of("/proc/" + std::to_string(pid) + "/status");
      if (what.empty() || what.find("State:\tZ") != what.npos) return true;
      ::usleep(5000);
    }
    return false;
  }
  /// Says what the file `token` holds.
  arguments from_file(arguments more = {}) const {
    more.insert(more.end(), {"--token-command", "cat '" + (room / "token").string() + "'"});
    return more;
  }
  void token(const std::string& text) const { support::write_file(room / "token", text); }
};

TEST_F(token_command, is_asked_before_anything_is_sent_and_on_hangup) {
  token("token: s3cret-1\n");
  support::sink to;
  support::process p{watch_command(to, almost_idle(from_file()))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  token("token: s3cret-2\n");
  ASSERT_TRUE(hang_up(p)) << p.err();
  rest(p, to);
  EXPECT_EQ(header_values(to, "token").front(), "s3cret-1");
  EXPECT_EQ(header_values(to, "token").back(), "s3cret-2");
  EXPECT_THAT(p.err(), Not(HasSubstr("s3cret")));
}

TEST_F(token_command, that_fails_at_the_start_sends_nothing) {
  struct mistake {
    const char* command;
    const char* says;
  };
  for (const auto& [command, says] :
       {mistake{"echo token: s3cret; exit 3", "ended with status 3"},
        mistake{"kill -9 $$", "killed by signal 9"}, mistake{"true", "said nothing"},
        mistake{"echo s3cret", "line 1: a header without a colon"}, mistake{"echo Host: s3cret", "Host"},
        mistake{"yes token: s3cret", "more than 64 KiB"},
        mistake{"/nowhere/command 2>/dev/null", "ended with status 127"}}) {
    support::sink to;
    auto p = std::make_unique<support::process>(watch_command(to, {"--token-command", command}));
    EXPECT_EQ(p->wait(), 2) << command;
    EXPECT_THAT(support::lines_of(p->err()),
                ElementsAre(AllOf(HasSubstr("--token-command"), HasSubstr(says))));
    EXPECT_THAT(p->err(), Not(HasSubstr("s3cret")));
    EXPECT_EQ(to.stop().at("connections"), 0);
    expect_all_kept();
  }
}

TEST_F(token_command, that_fails_later_leaves_the_old_token) {
  token("token: s3cret-1\n");
  support::sink to;
  support::process p{watch_command(to, almost_idle(from_file()))};
  ASSERT_TRUE(ready(p)) << p.err();
  fs::remove(room / "token");
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), HasSubstr("--token-command: ended with status 1"));
  token(std::string(70'000, 's'));
  ASSERT_TRUE(hang_up(p)) << p.err();
  EXPECT_THAT(p.err(), HasSubstr("more than 64 KiB"));
  rest(p, to);
  EXPECT_THAT(header_values(to, "token"), Each("s3cret-1"));
}

// The watch waits for nothing: uploads, the control socket and a stop go on beside a command that hangs.
TEST_F(token_command, that_hangs_holds_nothing) {
  support::sink to;
  const auto once = "test -e '" + (room / "asked").string() + "' && sleep 1000; touch '" +
                    (room / "asked").string() + "'; echo token: 1";
  support::process p{watch_command(to, almost_idle({"--token-command", once}))};
  ASSERT_TRUE(ready(p)) << p.err();
  p.signal(SIGHUP);
  const auto children = "/proc/" + std::to_string(p.pid()) + "/task/" + std::to_string(p.pid()) + "/children";
  ASSERT_TRUE(p.wait_until([&] { return !support::content_of(children).empty(); }));
  const auto child = std::stoi(support::content_of(children));
  EXPECT_EQ(threads_of(p), 1u);
  EXPECT_EQ(ctl({"status"}).code, 0);
  EXPECT_EQ(rest(p, to).count("accepted"), 6u);
  EXPECT_TRUE(is_over(child)) << "what still ran is gone with the program";
}

TEST_F(token_command, that_hangs_at_the_start_can_be_stopped) {
  support::sink to;
  support::process p{
      watch_command(to, {"--token-command", "touch '" + (room / "asked").string() + "'; sleep 1000"})};
  ASSERT_TRUE(p.wait_until([&] { return fs::exists(room / "asked"); }));
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(), 128 + SIGTERM);
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(token_command, child_has_neither_our_descriptors_nor_our_secrets) {
  support::sink to;
  auto c = watch_command(
      to, almost_idle({"--token-command", "ls /proc/self/fd | wc -l >'" + (room / "fds").string() +
                                              "'; env >'" + (room / "env").string() + "'; echo token: 1"}));
  c.environment = {"SLUICE_HEADER=other: s3cret", "NOTIFY_SOCKET=/nowhere", "CREDENTIALS_DIRECTORY=/run/c"};
  support::process p{c};
  ASSERT_TRUE(ready(p)) << p.err();
  EXPECT_EQ(std::stoi(support::content_of(room / "fds")), 4) << "0, 1, 2, and that of the listing";
  EXPECT_THAT(
      support::content_of(room / "env"),
      AllOf(Not(HasSubstr("s3cret")), Not(HasSubstr("NOTIFY_SOCKET")), HasSubstr("CREDENTIALS_DIRECTORY")));
}

class renewal : public token_command {
 protected:
  /// Takes only the new token.
  static constexpr const char* picky = R"([{"match": {"header": {"token": "new"}}}, {"status": 401}])";
};

TEST_F(renewal, token_that_ran_out_is_renewed_once) {
  support::sink to{picky};
  const auto asked = (room / "asked").string();
  support::process p{watch_command(to, {"-w", "1", "--token-command",
                                        "echo x >>'" + asked + "'; test $(wc -l <'" + asked +
                                            "') = 1 && echo token: old || echo token: new"})};
  ASSERT_TRUE(p.wait_until([&] { return names_with(to).size() >= 5; })) << p.err();
  EXPECT_THAT(p.err(), AllOf(HasSubstr("the server says 401: asking for fresh headers"),
                             HasSubstr("fresh headers are in force")));
  EXPECT_THAT(support::lines_of(support::content_of(asked)), SizeIs(2));
  EXPECT_EQ(header_values(to, "token").front(), "old");
  p.signal(SIGTERM);
  p.wait();
  expect_nothing_lost(to);
}

TEST_F(renewal, header_file_is_read_again_too) {
  header_file("token: old\n");
  support::sink to{R"([{"match": {"header": {"token": "new"}}}, {"status": 401, "delay_ms": 700}])"};
  support::process p{watch_command(to, {"-w", "1", "-H", "@" + header_})};
  ASSERT_TRUE(ready(p)) << p.err();
  header_file("token: new\n");
  ASSERT_TRUE(p.wait_until([&] { return names_with(to).size() >= 5; })) << p.err();
}

TEST_F(renewal, token_that_does_not_help_is_not_asked_for_again_and_again) {
  support::sink to{picky};
  const auto asked = (room / "asked").string();
  support::process p{
      watch_command(to, {"-w", "1", "--token-command", "echo x >>'" + asked + "'; echo token: old"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 3; })) << p.err();
  EXPECT_THAT(support::lines_of(support::content_of(asked)), SizeIs(2));
  EXPECT_THAT(p.err(), HasSubstr("the headers are the same as before"));
  p.signal(SIGTERM);
  p.wait();
  expect_all_kept();
}

TEST_F(renewal, without_anything_to_renew_is_not_tried) {
  support::sink to{picky};
  support::process p{watch_command(to, {"-w", "1", "-H", "token: old"})};
  ASSERT_TRUE(p.wait_until([&] { return to.requests() >= 3; })) << p.err();
  EXPECT_THAT(p.err(), Not(HasSubstr("asking for fresh headers")));
}

}  // namespace
}  // namespace e2e
