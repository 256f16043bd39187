// Keys with a password, and files that can be read only once: `<(command)`, /dev/stdin, a fifo.
#include "e2e/watching.hpp"

#include <sys/stat.h>

#include <csignal>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string certificates{TEST_CERTIFICATES};

class keys : public watching {
 protected:
  keys() {
    files.add("a.jpg", "first");
    files.add("b.jpg", "second");
    encrypt("open sesame");
  }

  void encrypt(const std::string& password) const {
    const auto made =
        support::run({.arguments = {"/usr/bin/openssl", "pkey", "-aes256", "-passout", "pass:" + password,
                                    "-in", certificates + "/client.key", "-out", key_}});
    EXPECT_EQ(made.code, 0) << made.err;
    ::chmod(key_.c_str(), 0600);
  }
  std::string secret(const std::string& name, const std::string& text) const {
    const auto file = room / name;
    support::write_file(file, text);
    ::chmod(file.c_str(), 0600);
    return file;
  }
  arguments with_key(arguments more = {}) const {
    more.insert(more.begin(), {"--cert", certificates + "/client.pem", "--key", key_});
    return more;
  }
  /// Ends at once with one line, whatever it could read from its standard input.
  std::string refusal(support::command c) const {
    c.input = "open sesame\n";
    const auto o = run(c);
    EXPECT_EQ(o.code, 2) << o.err;
    EXPECT_THAT(support::lines_of(o.err), testing::SizeIs(1));
    EXPECT_THAT(o.err,
                AllOf(Not(HasSubstr("pass phrase")), Not(HasSubstr("sesame")), Not(HasSubstr("barley"))));
    expect_all_kept();
    return o.err;
  }

  const std::string key_ = room / "key.pem";
};

// A server that asks for the certificate, so that the key is used.
const arguments asks_for_a_certificate{"--client-ca", certificates + "/ca.pem"};

TEST_F(keys, with_a_password_are_opened_by_it) {
  support::sink to{"[]", asks_for_a_certificate};
  for (const auto& text : {"open sesame\n", "open sesame", "open sesame\r\nmore\n"})
    EXPECT_EQ(drain(to, with_key({"--pass", "@" + secret("pass", text)})).code, 0) << text;
  auto c = send_command(to, with_key({"--pass", "@credential:pass"}));
  c.environment = {"CREDENTIALS_DIRECTORY=" + room.path().string()};
  EXPECT_EQ(run(c).code, 0);
  c = send_command(to, with_key());
  c.environment = {"SLUICE_PASS=@" + secret("pass", "open sesame")};
  EXPECT_EQ(run(c).code, 0);
  support::write_file(room / "config.json", R"({"pass": "@)" + secret("pass", "open sesame") + R"("})");
  EXPECT_EQ(drain(to, with_key({"-K", room / "config.json"})).code, 0);
  const auto measured = run(
      sluice({"bench", to.url(), "--cacert", to.ca(), "--count", "3", "--window", "1,2", "--cert",
              certificates + "/client.pem", "--key", key_, "--pass", "@" + secret("pass", "open sesame")}));
  EXPECT_EQ(measured.code, 0) << measured.err;
}

// The terminal was asked, or standard input read.
TEST_F(keys, without_their_password_are_refused_and_nobody_is_asked) {
  support::sink to;
  EXPECT_THAT(refusal(send_command(to, with_key())), AllOf(HasSubstr("--pass: "), HasSubstr(key_)));
  EXPECT_THAT(refusal(send_command(to, with_key({"--pass", "@" + secret("pass", "open barley\n")}))),
              AllOf(HasSubstr("--pass: does not open"), HasSubstr(key_)));
  EXPECT_THAT(refusal(sluice({"bench", to.url(), "--cacert", to.ca(), "--cert", certificates + "/client.pem",
                              "--key", key_})),
              HasSubstr("--pass: "));
  EXPECT_THAT(refusal(watch_command(to, with_key())), HasSubstr("--pass: "));
  EXPECT_THAT(refusal(send_command(to, with_key({"--pass", "@" + (room / "nothing").string()}))),
              HasSubstr("--pass: cannot read"));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(keys, passwords_are_read_from_files_only) {
  support::sink to;
  const auto told = [&](const std::string& value) {
    const auto o = drain(
        to, {"--cert", certificates + "/client.pem", "--key", certificates + "/client.key", "--pass", value});
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err, Not(HasSubstr("CANARY")));
    return o.err;
  };
  EXPECT_THAT(told("CANARY"), HasSubstr("--pass: a password is read from a file only"));
  EXPECT_THAT(told("@" + (room / "nothing").string()), HasSubstr("No such file"));
  EXPECT_THAT(told("@" + secret("empty", "\nCANARY\n")),
              AllOf(HasSubstr("--pass: the first line of"), HasSubstr("is empty")));
  EXPECT_THAT(drain(to, {"--pass", "@" + secret("pass", "x")}).err, HasSubstr("--pass needs --cert"));
  EXPECT_EQ(to.stop().at("connections"), 0);
}

// A whole watch once stood still in read(), and SIGTERM did not end it.
TEST_F(keys, that_a_reload_cannot_open_leave_the_old_ones_in_force) {
  support::sink to{"[]", asks_for_a_certificate};
  secret("pass", "open sesame\n");
  auto c = watch_command(to, almost_idle(with_key({"--pass", "@" + (room / "pass").string()})));
  support::process p{c};
  ASSERT_TRUE(ready(p)) << p.err();
  const auto reloads = [&] {
    std::size_t n = 0;
    for (const auto& line : support::lines_of(p.err())) n += line == "sluice: reloaded" ? 1 : 0;
    return n;
  };
  const auto hang_up = [&] {
    const auto before = reloads();
    p.signal(SIGHUP);
    return p.wait_until([&] { return reloads() > before; }, 10s);
  };
  encrypt("another");
  ASSERT_TRUE(hang_up()) << p.err();
  EXPECT_THAT(p.err(), AllOf(HasSubstr("does not open the private key"), HasSubstr("stay as they were")));
  secret("pass", "another\n");
  const auto said = p.err().size();
  ASSERT_TRUE(hang_up()) << p.err();
  EXPECT_THAT(p.err().substr(said), Not(HasSubstr("stay as they were"))) << "the password is read again too";
  fs::remove(key_);
  ASSERT_EQ(::mkfifo(key_.c_str(), 0600), 0);
  ASSERT_TRUE(hang_up()) << p.err() << ": a fifo without a writer";
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
}

class pipes : public keys {
 protected:
  /// `c` with each argument `<FILE` as what bash makes of `<(cat FILE)`.
  static support::command piped(support::command c) {
    std::string line = "exec";
    for (const auto& a : c.arguments) {
      const std::string_view mark = a.starts_with("@<") ? "@" : "";
      const auto rest = a.substr(mark.size());
      line += rest.starts_with('<') ? " " + std::string{mark} + "<(cat '" + rest.substr(1) + "')"
                                    : " '" + a + "'";
    }
    c.arguments = {"/bin/bash", "-c", line};
    return c;
  }
};

TEST_F(pipes, are_read_once_by_all_verbs) {
  support::sink to{"[]", asks_for_a_certificate};
  const auto pass = secret("pass", "open sesame\n"), header = secret("headers", "x-mine: yes\n");
  const auto ca = secret(
      "ca.pem", support::content_of(to.ca()));  // the user nobody may not look into the sink's directory
  const arguments all{"--cacert", "<" + ca,     "--cert", "<" + certificates + "/client.pem",
                      "--key",    "<" + key_,   "--pass", "@<" + pass,
                      "-H",       "@<" + header};
  const auto with = [&](arguments words) {
    words.insert(words.end(), all.begin(), all.end());
    return piped(sluice(words));
  };
  for (const bool nobody : {false, true}) {
    auto words = sluice({"send", files.root(), to.url(), "--settle", "0"});
    words.arguments.insert(words.arguments.end(), all.begin(), all.end());
    fs::copy_file(words.arguments[0], room / "program", fs::copy_options::overwrite_existing);
    words.arguments[0] = room / "program";  // where nobody can run it too
    auto c = piped(words);
    c.as_nobody = nobody;
    if (nobody) {
      fs::permissions(room.path(), fs::perms::all);
      for (const auto& f : {key_, pass, header, ca}) fs::permissions(f, fs::perms{0644});
    }
    const auto o = support::run(c);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(o.err, Not(HasSubstr("warning"))) << "a pipe is nobody else's";
  }
  EXPECT_THAT(header_values(to, "x-mine"), ElementsAre("yes", "yes", "yes", "yes"));
  for (const auto& f : {key_, pass, header}) fs::permissions(f, fs::perms{0600});
  const auto measured = support::run(with({"bench", to.url(), "--count", "3", "--window", "1,2"}));
  EXPECT_EQ(measured.code, 0) << measured.err;
  const auto from =
      support::run(with({"bench", to.url(), "--count", "3", "--window", "1,2", "--from", files.root()}));
  EXPECT_EQ(from.code, 0) << from.err;
}

TEST_F(pipes, keep_what_they_said_at_a_reload) {
  support::sink to{"[]", asks_for_a_certificate};
  const auto pass = secret("pass", "open sesame\n"), header = secret("headers", "x-mine: yes\n");
  const auto token = secret("token", "x-token: old\n");
  support::process p{piped(watch_command(
      to.url(), almost_idle({"--cacert", "<" + to.ca(), "--cert", certificates + "/client.pem", "--key",
                             "<" + key_, "--pass", "@<" + pass, "-H", "@<" + header, "-H", "@" + token})))};
  ASSERT_TRUE(ready(p)) << p.err();
  ASSERT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  secret("token", "x-token: new\n");
  p.signal(SIGHUP);
  ASSERT_TRUE(says(p, "sluice: reloaded")) << p.err();
  EXPECT_THAT(p.err(), Not(HasSubstr("as they were")));
  EXPECT_EQ(ctl({"rate", "off"}).code, 0);
  EXPECT_TRUE(p.wait_until([&] { return to.requests() == 2; })) << p.err();
  EXPECT_EQ(stop(p).code, 128 + SIGTERM);
  EXPECT_THAT(header_values(to, "x-mine"), ElementsAre("yes", "yes"));
  EXPECT_THAT(header_values(to, "x-token"), ElementsAre("old", "new"));
}

TEST_F(pipes, that_are_one_for_two_options_are_read_once) {
  support::sink to{"[]", asks_for_a_certificate};
  auto c = send_command(to, {"--cert", "/dev/stdin", "--key", "/dev/stdin"});
  c.input =
      support::content_of(certificates + "/client.pem") + support::content_of(certificates + "/client.key");
  EXPECT_EQ(run(c).code, 0);
}

// A `-` is standard input, as in curl.
TEST_F(pipes, standard_input_is_a_dash) {
  support::sink to;
  const auto input = [&](arguments more, const std::string& text) {
    auto c = send_command(to, std::move(more));
    c.input = text;
    return run(c);
  };
  const auto with_config = input({"-K", "-"}, R"({"header": ["x-mine: config"]})");
  EXPECT_EQ(with_config.code, 0) << with_config.err;
  files.add("a.jpg", "third");
  const auto with_header = input({"-H", "@-"}, "x-mine: header\n");
  EXPECT_EQ(with_header.code, 0) << with_header.err;
  files.add("a.jpg", "fourth");
  const auto with_pass = input(with_key({"--pass", "@-"}), "open sesame\n");
  EXPECT_EQ(with_pass.code, 0) << with_pass.err;
  EXPECT_THAT(header_values(to, "x-mine"), testing::Contains("config"));
  EXPECT_THAT(header_values(to, "x-mine"), testing::Contains("header"));
  for (const arguments& both : {arguments{"-K", "-", "--files-from", "-"},
                                {"-H", "@-", "--files-from0", "-"},
                                {"-K", "/dev/stdin", "-H", "@-"}}) {
    files.add("a.jpg", "fifth");
    const auto o = input(both, "{}");
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err, HasSubstr("both would read standard input"));
  }
}

}  // namespace
}  // namespace e2e
