// Credentials of the endpoint: how they are given, where they go, and what happens when they run out.
#include "e2e/watching.hpp"
#include "support/proxy_beside.hpp"
#include "support/token_endpoint.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <memory>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// The header that `me:s3cret` makes.
constexpr const char* of_me = "Basic bWU6czNjcmV0";

class credentials : public watching {
 protected:
  std::string secret(const std::string& name, const std::string& text) const {
    const auto file = room / name;
    support::write_file(file, text);
    ::chmod(file.c_str(), 0600);
    return file;
  }
  void refill(int number) {
    if (files.left().empty()) files.add_many(number, 100);
  }
  /// `CMD` prints token1, token2 and so on, each with the lines of `more`; `asked` has a line for each.
  arguments counted_command(const std::string& more = "true") const {
    return {"--token-command", "echo x >>'" + asked_ + "'; " + more +
                                   "; echo \"Authorization: Bearer token$(wc -l <'" + asked_ + "')\""};
  }
  std::size_t times_asked() const { return support::lines_of(support::content_of(asked_)).size(); }

  const std::string asked_ = room / "asked";
};

TEST_F(credentials, arrive_however_they_are_given) {
  struct given {
    arguments options;
    std::vector<std::string> environment;
    std::string input;
    std::string arrives;
  };
  const auto login = secret("login", "me:s3cret\nnot this\n"), token = secret("token", "tok.en-1==\r\n");
  const std::string bearer = "Bearer tok.en-1==";
  const std::vector<given> table{
      {{"-u", "me:s3cret"}, {}, "", of_me},
      {{"--user=me:s3cret"}, {}, "", of_me},
      {{"-u", "me"}, {}, "", "Basic bWU6"},
      {{"-u", "@" + login}, {}, "", of_me},
      {{"-u", "@-"}, {}, "me:s3cret\n", of_me},
      {{"-u", "@credential:login"}, {"CREDENTIALS_DIRECTORY=" + room.path().string()}, "", of_me},
      {{}, {"SLUICE_USER=me:s3cret"}, "", of_me},
      {{}, {"SLUICE_USER=@" + login}, "", of_me},
      {{"-K", secret("c.json", R"({"user": "me:s3cret"})")}, {}, "", of_me},
      {{"--oauth2-bearer", "tok.en-1=="}, {}, "", bearer},
      {{"--oauth2-bearer", "@" + token}, {}, "", bearer},
      {{"--oauth2-bearer", "@credential:token"},
       {"CREDENTIALS_DIRECTORY=" + room.path().string()},
       "",
       bearer},
      {{}, {"SLUICE_OAUTH2_BEARER=tok.en-1=="}, "", bearer},
      {{"-K", secret("d.json", R"({"oauth2-bearer": "@)" + token + R"("})")}, {}, "", bearer},
      {{"-u", "me:s3cret", "-H", "Proxy-Authorization: mine"}, {}, "", of_me},
  };
  for (const auto& row : table) {
    refill(2);
    support::sink to;
    auto c = send_command(to, row.options);
    c.arguments.insert(c.arguments.end(), {"--on-success", "delete"});
    c.environment = row.environment, c.input = row.input;
    SCOPED_TRACE(testing::PrintToString(c.arguments));
    const auto o = run(c);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(header_values(to, "authorization"), AllOf(SizeIs(2), Each(row.arrives)));
    EXPECT_THAT(o.err, Not(HasSubstr("warning")));
  }
}

TEST_F(credentials, arrive_with_bench_and_watch) {
  const auto login = secret("login", "me:s3cret\n");
  support::sink to;
  const auto o = support::run(sluice({"bench", to.url(), "--cacert", to.ca(), "--count", "3", "--window",
                                      "1,2", "--warm-up", "0", "-u", "@" + login}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(header_values(to, "authorization"), Each(of_me));
  files.add_many(3, 100);
  support::sink watched;
  support::process p{watch_command(watched, {"-u", "@" + login})};
  ASSERT_TRUE(p.wait_until([&] { return watched.requests() == 3; })) << p.err();
  stop(p);
  EXPECT_THAT(header_values(watched, "authorization"), Each(of_me));
}

TEST_F(credentials, that_cannot_be_sent_are_told_in_one_line_and_nothing_is_sent) {
  files.add_many(2, 100);
  const auto empty = secret("empty", "\ns3cret\n"), two = secret("two", "two s3cret\n");
  struct mistake {
    arguments options;
    std::vector<std::string> says;
  };
  const std::vector<mistake> table{
      {{"-u", ""}, {"--user: is empty; write NAME:PASSWORD"}},
      {{"-u", ":"}, {"--user: neither a name nor a password"}},
      {{"-u", "me:s3cret\n"}, {"--user: the user or the password has a control character"}},
      {{"-u", "me\ts3cret:x"}, {"--user: the user or the password has a control character"}},
      {{"-u", "@" + empty}, {"--user: the first line of '" + empty + "' is empty"}},
      {{"-u", "@" + (room / "none").string()}, {"--user: cannot read", "No such file"}},
      {{"-u", "@" + room.path().string()}, {"--user: cannot read", "directory"}},
      {{"-u", "@credential:none"}, {"--user: cannot read 'credential:none'"}},
      {{"--oauth2-bearer", ""}, {"--oauth2-bearer: is empty; write TOKEN"}},
      {{"--oauth2-bearer", "two s3cret"}, {"--oauth2-bearer: a token has no space"}},
      {{"--oauth2-bearer", "@" + two}, {"--oauth2-bearer: a token has no space"}},
      {{"--oauth2-bearer", "Bearer s3cret"}, {"--oauth2-bearer: the token begins with the word Bearer"}},
      {{"--oauth2-bearer", "s3cret\x01"}, {"--oauth2-bearer: a token has no space, no control character"}},
      {{"--oauth2-bearer", "@" + empty}, {"--oauth2-bearer: the first line of", "is empty"}},
      {{"-u", "me:s3cret", "--oauth2-bearer", "s3cret"},
       {"--user and --oauth2-bearer: a request carries one"}},
      {{"-u", "me:s3cret", "-H", "authorization: s3cret"}, {"--user and --header: a request carries one"}},
      {{"--oauth2-bearer", "s3cret", "-H", "Authorization: s3cret"},
       {"--oauth2-bearer and --header: a request"}},
      {{"--token-command", ""}, {"--token-command: is empty"}},
      {{"--token-command", "echo Authorization: s3cret", "-u", "me:s3cret"},
       {"--token-command: a request carries one Authorization", "nothing was sent"}},
      {{"--token-command", "echo a: b; echo '# expires-in: s3cret'"},
       {"--token-command: line 2 of its output: expires-in is not a whole number", "nothing was sent"}},
      {{"--token-command", "echo a: s3cret; exit 3"},
       {"--token-command: ended with status 3; nothing was sent"}},
      {{"--token-command", "echo s3cret"}, {"--token-command: said something else than headers"}},
  };
  support::sink to;
  const auto expect_line = [&](const support::finished& o, const mistake& m) {
    EXPECT_EQ(o.code, 2) << o.err;
    const auto lines = support::lines_of(o.err);
    ASSERT_THAT(lines, SizeIs(1)) << o.err;
    for (const auto& word : m.says) EXPECT_THAT(lines[0], HasSubstr(word));
    EXPECT_THAT(o.err, Not(HasSubstr("s3cret")));
  };
  for (const auto& m : table) {
    SCOPED_TRACE(testing::PrintToString(m.options));
    arguments load{"bench", to.url(), "--cacert", to.ca()},
        follow{"watch", files.root(), to.url(), "--cacert", to.ca(), "--on-success", "delete"};
    load.insert(load.end(), m.options.begin(), m.options.end());
    follow.insert(follow.end(), m.options.begin(), m.options.end());
    expect_line(support::run(send_command(to, m.options)), m);
    expect_line(support::run(sluice(load)), m);
    expect_line(support::run(sluice(follow)), m);
  }
  expect_all_kept();
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(credentials, files_of_them_are_warned_of_and_are_no_source) {
  files.add_many(1, 100);
  const auto login = secret("login", "me:s3cret\n");
  const auto inside = files / "token";
  ::chmod(login.c_str(), 0644);
  support::sink to;
  const auto o = drain(to, {"-u", "@" + login});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.err, AllOf(HasSubstr("warning: --user: everybody"), HasSubstr("chmod 600")));
  const auto config = secret("c.json", R"({"oauth2-bearer": "s3cret"})");
  ::chmod(config.c_str(), 0644);
  EXPECT_THAT(drain(to, {"-K", config}).err, HasSubstr("warning: --config: everybody"));
  support::write_file(inside, "s3cret");
  EXPECT_EQ(drain(to, {"--oauth2-bearer", "@" + inside.string()}).code, 2);
}

TEST_F(credentials, in_clear_text_are_warned_of) {
  files.add_many(1, 100);
  support::sink to{"[]", {"--http"}};
  EXPECT_THAT(drain(to, {"-u", "me:s3cret"}).err, HasSubstr("travel in clear text"));
}

TEST_F(credentials, go_to_no_other_host) {
  files.add_many(2, 100);
  support::sink other;
  support::sink to{R"([{"status": 307, "headers": {"Location": ")" + other.url() + R"("}}])"};
  EXPECT_EQ(drain(to, {"-u", "me:s3cret"}).code, 7);
  EXPECT_EQ(other.stop().at("connections"), 0);
  support::sink behind;
  support::proxy_beside by;
  by.start();
  EXPECT_EQ(drain(behind, {"-u", "me:s3cret", "-x", by.proxy.where()}).code, 0);
  by.stop();
  EXPECT_THAT(by.proxy.questions, AllOf(Not(IsEmpty()), Each(Not(HasSubstr("Authorization")))));
  EXPECT_THAT(header_values(behind, "authorization"), Each(of_me));
}

TEST_F(credentials, of_files_are_read_again_on_hangup) {
  files.add_many(4, 100);
  const auto login = secret("login", "me:one\n"), gate = secret("gate", "us:one\n");
  support::sink to;
  support::proxy_beside by;
  by.start();
  support::process p{watch_command(
      to, almost_idle({"-u", "@" + login, "-x", by.proxy.where(), "--proxy-user", "@" + gate, "-w", "1"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  const auto hang_up = [&](std::size_t times) {
    p.signal(SIGHUP);
    return p.wait_until([&] {
      return std::ranges::count(support::lines_of(p.err()), "sluice: reloaded") == static_cast<long>(times);
    });
  };
  secret("login", "me:\x01two\n"), secret("gate", "\n");
  ASSERT_TRUE(hang_up(1)) << p.err();
  EXPECT_THAT(p.err(),
              AllOf(HasSubstr("--user: the user or the password has a control character; it stays as it was"),
                    HasSubstr("--proxy-user: the first line of"), HasSubstr("it stays as it was")));
  secret("login", "me:three\n"), secret("gate", "us:four\n");
  ASSERT_TRUE(hang_up(2)) << p.err();
  EXPECT_EQ(ctl({"rate", "off"}).code, 0);
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 4; })) << p.err();
  stop(p);
  by.stop();
  EXPECT_THAT(
      header_values(to, "authorization"),
      ElementsAre("Basic bWU6b25l", "Basic bWU6dGhyZWU=", "Basic bWU6dGhyZWU=", "Basic bWU6dGhyZWU="));
  ASSERT_THAT(by.proxy.questions, Not(IsEmpty()));
  EXPECT_THAT(by.proxy.questions.front(), HasSubstr("Proxy-Authorization: Basic dXM6b25l\r\n"));
}

// A tunnel that is open stays open, and the next one gets what is in the file by then.
TEST_F(credentials, of_a_proxy_are_those_of_the_file_with_the_next_tunnel) {
  files.add_many(3, 100);
  const auto gate = secret("gate", "us:one\n");
  support::sink to{R"([{"close": true}])"};
  support::proxy_beside by;
  by.start();
  support::process p{
      watch_command(to, almost_idle({"-x", by.proxy.where(), "--proxy-user", "@" + gate, "-w", "1"}))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; }));
  secret("gate", "us:four\n");
  p.signal(SIGHUP);
  ASSERT_TRUE(says(p, "sluice: reloaded")) << p.err();
  EXPECT_EQ(ctl({"rate", "off"}).code, 0);
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 3; })) << p.err();
  stop(p);
  by.stop();
  ASSERT_THAT(by.proxy.questions, SizeIs(3));
  EXPECT_THAT(by.proxy.questions[0], HasSubstr("Proxy-Authorization: Basic dXM6b25l\r\n"));
  EXPECT_THAT(by.proxy.questions[2], HasSubstr("Proxy-Authorization: Basic dXM6Zm91cg==\r\n"));
}

class tokens : public credentials {
 protected:
  /// Takes only the second token.
  static constexpr const char* picky =
      R"([{"match": {"header": {"authorization": "Bearer token2"}}}, {"status": 401}])";
};

TEST_F(tokens, that_run_out_are_renewed_once_in_a_send) {
  files.add_many(200, 100);
  support::sink to{picky};
  auto more = counted_command("sleep 0.2");
  more.insert(more.end(), {"--on-success", "delete", "--retry", "0", "-w", "8"});
  const auto o = drain(to, more);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 200u);
  EXPECT_EQ(times_asked(), 2u);
  EXPECT_THAT(files.left(), IsEmpty());
  EXPECT_THAT(o.err, AllOf(HasSubstr("the server says 401: asking for fresh headers"),
                           HasSubstr("fresh headers are in force"), Not(HasSubstr("token1"))));
  EXPECT_LE(std::ranges::count(header_values(to, "authorization"), "Bearer token1"), 8)
      << "one round of the window";
  expect_adds_up(o);
  EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
}

TEST_F(tokens, that_run_out_are_renewed_once_in_a_bench) {
  support::sink to{picky};
  arguments all{"bench",    to.url(), "--cacert",  to.ca(), "--count", "50",
                "--window", "4,8",    "--warm-up", "0",     "--json",  room / "figures"};
  const auto command = counted_command();
  all.insert(all.end(), command.begin(), command.end());
  const auto o = support::run(sluice(all));
  EXPECT_EQ(o.code, 0) << o.err << o.out;
  EXPECT_EQ(times_asked(), 2u);
  const auto figures = nlohmann::json::parse(support::content_of(room / "figures"));
  for (const auto& step : figures.at("steps")) EXPECT_EQ(step.at("failed"), 0);
  EXPECT_LE(std::ranges::count(header_values(to, "authorization"), "Bearer token1"), 4);
}

TEST_F(tokens, of_a_file_are_read_again_in_a_send) {
  files.add_many(20, 100);
  support::sink to{
      R"([{"match": {"header": {"authorization": "Bearer token2"}}}, {"status": 401, "delay_ms": 700}])"};
  for (const bool header : {true, false}) {
    refill(20);
    const auto file = secret("token", header ? "Authorization: Bearer token1\n" : "token1\n");
    support::process p{
        send_command(to, {header ? "-H" : "--oauth2-bearer", "@" + file, "--on-success", "delete"})};
    const auto before = to.requests();
    ASSERT_TRUE(p.wait_until([&] { return to.requests() > before; })) << p.err();
    secret("token", header ? "Authorization: Bearer token2\n" : "token2\n");
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.count("accepted"), 20u);
  }
}

TEST_F(tokens, that_are_renewed_in_vain_end_the_run_as_a_refusal) {
  files.add_many(200, 100);
  support::sink to{R"([{"status": 401}])"};
  auto more = counted_command();
  more.insert(more.end(), {"--on-success", "delete", "--on-reject", "keep", "-w", "4"});
  const auto o = drain(to, more);
  EXPECT_EQ(o.code, 7) << o.err;
  EXPECT_EQ(times_asked(), 2u);
  EXPECT_LE(to.requests(), 12u) << "two rounds of the window, and one more";
  expect_all_kept();
  EXPECT_EQ(support::run(sluice({"bench", to.url(), "--cacert", to.ca(), "--count", "500", "-H",
                                 "@" + secret("h", "Authorization: Bearer x\n")}))
                .code,
            7);
}

TEST_F(tokens, that_fail_to_come_while_a_send_runs_leave_the_old_one) {
  files.add_many(100, 100);
  support::sink to{R"([{"status": 401, "per": "rule", "times": 1}])"};
  const auto once =
      "test -e '" + asked_ + "' && exit 4; touch '" + asked_ + "'; echo Authorization: Bearer x";
  const auto o = drain(to, {"--token-command", once, "--on-success", "delete", "-w", "2"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.err, HasSubstr("--token-command: ended with status 4"));
  EXPECT_EQ(o.count("accepted"), 100u);
}

// The next token comes while the old one still is good, and nothing waits for it.
TEST_F(tokens, whose_end_is_known_are_renewed_before_it_while_a_send_goes_on) {
  files.add_many(160, 100);
  support::sink to;
  auto more = counted_command("echo '# expires-in: 3'; test $(wc -l <'" + asked_ + "') = 1 || sleep 1.5");
  more.insert(more.end(), {"--on-success", "delete", "--rate", "20/s", "-w", "4"});
  const auto o = drain(to, more);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 160u);
  EXPECT_THAT(o.err, Not(HasSubstr("401")));
  const auto seen = header_values(to, "authorization");
  for (const auto* token : {"Bearer token1", "Bearer token2"})
    EXPECT_GT(std::ranges::count(seen, token), 40) << token;
  EXPECT_GE(times_asked(), 2u);
  EXPECT_LE(times_asked(), 5u);
  std::vector<std::int64_t> times;
  for (const auto& r : to.ledger()) times.push_back(r.t_ms);
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longest = std::max(longest, times[i] - times[i - 1]);
  EXPECT_LT(longest, 1200) << "the command takes 1500 ms";
}

TEST_F(tokens, whose_end_is_known_are_renewed_in_a_bench_and_a_watch) {
  support::sink to;
  auto more = counted_command("echo '# expires-in: 2'");
  arguments all{"bench", to.url(), "--cacert", to.ca(),     "--duration",
                "3s",    "--rate", "20/s",     "--warm-up", "0"};
  all.insert(all.end(), more.begin(), more.end());
  const auto o = support::run(sluice(all));
  EXPECT_EQ(o.code, 0) << o.err << o.out;
  EXPECT_THAT(header_values(to, "authorization"),
              AllOf(Contains("Bearer token1"), Contains("Bearer token2")));
  fs::remove(asked_);
  files.add_many(80, 100);
  support::sink watched;
  more.insert(more.end(), {"--rate", "20/s"});
  support::process p{watch_command(watched, more)};
  ASSERT_TRUE(p.wait_until([&] { return watched.requests() == 80; })) << p.err();
  stop(p);
  EXPECT_THAT(header_values(watched, "authorization"),
              AllOf(Contains("Bearer token1"), Contains("Bearer token2")));
  EXPECT_THAT(p.err(), AllOf(Not(HasSubstr("401")), Not(HasSubstr("reloaded"))));
}

TEST_F(tokens, that_never_come_can_be_stopped) {
  files.add_many(1, 100);
  const std::string hangs = "touch '" + asked_ + "'; sleep 1000";
  support::sink to;
  for (const auto& c : {send_command(to, {"--token-command", hangs}),
                        sluice({"bench", to.url(), "--cacert", to.ca(), "--token-command", hangs})}) {
    fs::remove(asked_);
    support::process p{c};
    ASSERT_TRUE(p.wait_until([&] { return fs::exists(asked_); }));
    p.signal(SIGTERM);
    EXPECT_EQ(p.wait(), 128 + SIGTERM);
  }
  EXPECT_EQ(to.stop().at("connections"), 0);
  expect_all_kept();
}

TEST_F(tokens, are_not_asked_for_where_nothing_is_sent) {
  files.add_many(2, 100);
  support::sink to;
  auto more = counted_command();
  more.emplace_back("-n");
  EXPECT_EQ(drain(to, more).code, 0);
  EXPECT_EQ(times_asked(), 0u);
}

/// The script of docs/credentials.md, with the places of this test.
class oauth2 : public tokens {
 protected:
  std::string script(const std::string& url) const {
    const auto page = support::content_of(fs::path{SOURCE} / "docs/credentials.md");
    const auto begin = page.find("```sh\n#!/bin/sh\n"), end = page.find("\n```\n", begin + 6);
    EXPECT_NE(end, std::string::npos);
    auto text = page.substr(begin + 6, end - begin - 5);
    for (const auto& [example, here] :
         {std::pair{std::string{"/etc/sluice/client"}, secret("client", "user = \"camera:s3cret\"\n")},
          std::pair{std::string{"https://login.example/oauth2/token"}, url}}) {
      const auto at = text.rfind(example);
      EXPECT_NE(at, std::string::npos) << example;
      text.replace(at, example.size(), here);
    }
    return "sh '" + secret("token.sh", text) + "'";
  }
};

TEST_F(oauth2, client_credentials_bring_tokens_and_their_lives) {
  files.add_many(100, 100);
  support::token_endpoint issuer{{R"({"access_token": "token1", "token_type": "bearer", "expires_in": 2})",
                                  R"({"access_token": "token2", "expires_in": "3600"})"}};
  support::sink to;
  const auto o =
      drain(to, {"--token-command", script(issuer.url()), "--on-success", "delete", "--rate", "25/s"});
  issuer.stop();
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(header_values(to, "authorization"),
              AllOf(Contains("Bearer token1"), Contains("Bearer token2")));
  ASSERT_THAT(issuer.asked, SizeIs(2));
  EXPECT_THAT(issuer.asked[0], AllOf(HasSubstr("Authorization: Basic Y2FtZXJhOnMzY3JldA=="),
                                     HasSubstr("grant_type=client_credentials&scope=upload")));
}

TEST_F(oauth2, issuer_that_gives_no_token_is_told_and_nothing_is_sent) {
  files.add_many(2, 100);
  support::sink to;
  for (const auto* says : {"no", "{}", R"({"error": "invalid_client"})", "{broken"}) {
    support::token_endpoint issuer{{says}};
    const auto o = drain(to, {"--token-command", script(issuer.url())});
    EXPECT_EQ(o.code, 2) << says;
    EXPECT_THAT(support::lines_of(o.err),
                Contains(AllOf(HasSubstr("sluice: --token-command: "), HasSubstr("nothing was sent"))));
    EXPECT_THAT(o.err, Not(HasSubstr("s3cret")));
  }
  EXPECT_EQ(to.stop().at("connections"), 0);
}

/// A server that asks for the certificate.
class client_certificate : public credentials {
 protected:
  client_certificate() {
    files.add_many(3, 100);
    make("client.p12", {});
  }
  void make(const std::string& name, const arguments& more) const {
    arguments all{"/usr/bin/openssl", "pkcs12", "-export",  "-in", certificates_ + "/client.pem", "-passout",
                  "pass:open sesame", "-out",   room / name};
    if (more.empty())
      all.insert(all.end(),
                 {"-inkey", certificates_ + "/client.key", "-certfile", certificates_ + "/ca.pem"});
    all.insert(all.end(), more.begin(), more.end());
    const auto made = support::run({.arguments = all});
    EXPECT_EQ(made.code, 0) << made.err;
    ::chmod((room / name).c_str(), 0600);
  }
  std::string refusal(const arguments& options) const {
    auto c = send_command(to_, options);
    c.input = "open sesame\n";  // no part of the program reads it
    const auto o = run(c);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_THAT(support::lines_of(o.err), SizeIs(1)) << o.err;
    EXPECT_THAT(o.err, Not(HasSubstr("sesame")));
    return o.err;
  }

  const std::string certificates_{TEST_CERTIFICATES};
  support::sink to_{"[]", {"--client-ca", certificates_ + "/ca.pem"}};
};

TEST_F(client_certificate, of_pkcs12_is_presented) {
  const auto pass = secret("pass", "open sesame\n");
  EXPECT_EQ(drain(to_, {"--cert", room / "client.p12", "--pass", "@" + pass}).code, 0);
  auto c = send_command(to_, {"--cert", "credential:client.p12", "--pass", "@credential:pass"});
  c.environment = {"CREDENTIALS_DIRECTORY=" + room.path().string()};
  EXPECT_EQ(run(c).code, 0);
  c = send_command(to_, {"--cert", "/dev/stdin", "--pass", "@" + pass});
  c.input = support::content_of(room / "client.p12");
  EXPECT_EQ(run(c).code, 0) << "read once, and kept";
  EXPECT_EQ(support::run(sluice({"bench", to_.url(), "--cacert", to_.ca(), "--count", "3", "--cert",
                                 room / "client.p12", "--pass", "@" + pass}))
                .code,
            0);
  EXPECT_EQ(drain(to_).code, 7) << "the server wants one";
}

TEST_F(client_certificate, of_pkcs12_that_cannot_be_used_is_told_in_one_line_and_nobody_is_asked) {
  const auto pass = secret("pass", "open sesame\n");
  EXPECT_THAT(refusal({"--cert", room / "client.p12"}),
              AllOf(HasSubstr("--pass: the PKCS#12 file"), HasSubstr("is encrypted")));
  EXPECT_THAT(refusal({"--cert", room / "client.p12", "--pass", "@" + secret("wrong", "barley\n")}),
              HasSubstr("--pass: does not open the PKCS#12 file"));
  make("keyless.p12", {"-nokeys"});
  EXPECT_THAT(refusal({"--cert", room / "keyless.p12", "--pass", "@" + pass}),
              AllOf(HasSubstr("--cert: the PKCS#12 file"), HasSubstr("has no private key")));
  EXPECT_THAT(
      refusal({"--cert", room / "client.p12", "--pass", "@" + pass, "--key", certificates_ + "/client.key"}),
      HasSubstr("--key and --cert: the PKCS#12 file"));
  ::chmod((room / "client.p12").c_str(), 0644);
  EXPECT_THAT(refusal({"--cert", room / "client.p12", "--pass", "@" + pass}), HasSubstr("chmod 600"));
  expect_all_kept();
  EXPECT_EQ(to_.stop().at("connections"), 0);
}

}  // namespace
}  // namespace e2e
