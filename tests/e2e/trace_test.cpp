// --trace and --keylog: each step on the network has its line, no line has a secret, and a file that takes no
// more costs nothing but lines.
#include "e2e/e2e.hpp"
#include "support/proxy_beside.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using speaks = support::forward_proxy::speaks;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

constexpr const char* secret_mark = "CANARY-8d1f";

unsigned mode_of(const std::string& file) {
  struct stat st{};
  return ::stat(file.c_str(), &st) == 0 ? st.st_mode & 0777u : 0u;
}

class tracing : public test {
 protected:
  using events = std::vector<nlohmann::json>;

  static events read_events(const std::string& text) {
    events all;
    for (const auto& line : support::lines_of(text)) all.push_back(nlohmann::json::parse(line));
    return all;
  }
  events traced() const { return read_events(support::content_of(room / "trace")); }

  static events of_kind(const events& all, const std::string& kind) {
    events some;
    std::ranges::copy_if(all, std::back_inserter(some), [&](const auto& e) { return e.at("event") == kind; });
    return some;
  }

  arguments with_trace(arguments more) const {
    more.insert(more.end(), {"--trace", room / "trace", "--log-json", "--progress", "none"});
    return more;
  }
};

TEST_F(tracing, tells_each_step_in_json) {
  files.add_many(3, 2000);
  support::sink to{R"([{"status": [503, 200]}])"};
  const auto port = to.url().substr(to.url().rfind(':') + 1);
  const auto o =
      run(send_command("https://localhost:" + port,
                       with_trace({"--cacert", to.ca(), "-4", "-w", "1", "--on-success", "delete"})));
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(mode_of(room / "trace"), 0600u);
  const auto all = traced();
  std::map<std::string, std::size_t> counts;
  for (const auto& e : all) {
    ++counts[e.at("event")];
    EXPECT_EQ(e.at("v"), 1);
    EXPECT_THAT(e.at("time").get<std::string>(), MatchesRegex("20.*T.*Z"));
  }
  EXPECT_EQ(counts, (std::map<std::string, std::size_t>{{"lookup", 1},
                                                        {"connect", 1},
                                                        {"handshake", 1},
                                                        {"request", 6},
                                                        {"reply", 6},
                                                        {"retry", 3},
                                                        {"close", 1}}));
  EXPECT_EQ(all[0].at("name"), "localhost");
  EXPECT_EQ(all[0].at("source"), "hosts");
  EXPECT_EQ(all[1].at("address"), "127.0.0.1:" + port.substr(0, port.find('/')));
  EXPECT_THAT(all[1].at("local").get<std::string>(), HasSubstr("127.0.0.1:"));
  EXPECT_EQ(all[2].at("version"), "TLSv1.3");
  EXPECT_EQ(all[2].at("resumed"), false);
  for (const auto* name : {"cipher", "subject", "issuer", "expires", "ms"})
    EXPECT_TRUE(all[2].contains(name)) << name;
  const auto request = of_kind(all, "request").front(), reply = of_kind(all, "reply").back();
  EXPECT_THAT(request.at("path").get<std::string>(), Not(IsEmpty()));
  EXPECT_EQ(request.at("attempt"), 1);
  EXPECT_EQ(request.at("connection"), 1);
  EXPECT_THAT(request.at("head").at(0).get<std::string>(), MatchesRegex("POST /.* HTTP/1.1"));
  EXPECT_EQ(reply.at("attempt"), 2);
  EXPECT_EQ(reply.at("status"), 200);
  EXPECT_EQ(reply.at("head").at(0), "HTTP/1.1 200 OK");
  EXPECT_EQ(of_kind(all, "retry").front().at("status"), 503);
  EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
}

TEST_F(tracing, on_standard_error_is_text_among_the_other_lines) {
  files.add_many(2, 20);
  support::sink to;
  const auto o = drain(to, {"--trace", "-", "-q", "-w", "1"});
  EXPECT_EQ(o.code, 0);
  const auto lines = support::lines_of(o.err);
  ASSERT_THAT(lines, SizeIs(7)) << o.err;
  EXPECT_THAT(lines[0], MatchesRegex("20.* connect #1 127.0.0.1:.* from 127.0.0.1:.* \\[.* ms\\]"));
  EXPECT_THAT(lines[1],
              MatchesRegex(".* handshake #1 TLSv1.3 TLS_.*, new, peer '.*', issuer '.*', expires 20.*"));
  EXPECT_THAT(lines[2], MatchesRegex(".* request #1 '.*' attempt 1: POST /.* HTTP/1.1 \\| Host: .*"));
  EXPECT_THAT(lines[3], MatchesRegex(".* reply #1 '.*' attempt 1: HTTP/1.1 200 OK \\| .*"));
  EXPECT_THAT(lines[6], MatchesRegex(".* close #1: .*"));
}

TEST_F(tracing, has_no_secret_however_it_was_given) {
  files.add_many(2, 20);
  support::write_file(room / "headers", "X-Plain: " + std::string{secret_mark} + "1\n");
  fs::permissions(room / "headers", fs::perms::owner_read);
  const auto secret = std::string{secret_mark};
  for (const arguments& form : {arguments{"--log-json"}, arguments{}}) {
    support::sink to;
    auto more = arguments{
        "--trace", room / "trace", "-H", "Authorization: Bearer " + secret, "-H",       "app_key: " + secret,
        "-H",      "X-Room: 201",  "-H", "@" + (room / "headers").string(), "--cacert", to.ca()};
    more.insert(more.end(), form.begin(), form.end());
    auto c = send_command(to.url() + "?X-Amz-Signature=" + secret + "&" + secret, more);
    const auto o = run(c);
    EXPECT_EQ(o.code, 0) << o.err;
    const auto text = support::content_of(room / "trace");
    EXPECT_THAT(text + o.err, Not(HasSubstr(secret_mark)));
    EXPECT_THAT(text,
                AllOf(HasSubstr("?X-Amz-Signature=***&***"), HasSubstr("X-Room: 201"),
                      HasSubstr("X-Plain: ***"), HasSubstr("app_key: ***"), HasSubstr("Authorization: ***")));
    // The server got all of it.
    EXPECT_THAT(to.ledger().front().line.dump(), HasSubstr(secret_mark));
  }
  // Secrets of the environment have no word for one in their names, perhaps.
  support::sink to;
  auto c = send_command(to, with_trace({}));
  c.environment = {"SLUICE_HEADER=X-Plain: " + secret};
  EXPECT_EQ(run(c).code, 0);
  EXPECT_THAT(support::content_of(room / "trace"),
              AllOf(Not(HasSubstr(secret_mark)), HasSubstr("X-Plain: ***")));
}

TEST_F(tracing, shows_the_words_with_a_proxy_without_its_credentials) {
  files.add_many(2, 20);
  for (const auto what : {speaks::http, speaks::socks5}) {
    support::sink to;
    support::proxy_beside by{what};
    by.start();
    const auto scheme = what == speaks::http ? std::string{"http://"} : std::string{"socks5h://"};
    const auto o =
        drain(to, with_trace({"-x", scheme + "me:" + secret_mark + "@" + by.proxy.where(), "-w", "1"}));
    by.stop();
    ASSERT_EQ(o.code, 0) << o.err;
    const auto text = support::content_of(room / "trace");
    EXPECT_THAT(text, Not(HasSubstr(secret_mark)));
    EXPECT_THAT(text, Not(HasSubstr("bWU6Q0FOQVJZ"))) << "the same as Basic";
    const auto all = traced();
    EXPECT_EQ(all[0].at("proxy"), scheme + by.proxy.where());
    EXPECT_EQ(all[1].at("event"), "request");
    EXPECT_EQ(all[1].at("peer"), "proxy");
    EXPECT_THAT(all[1].at("head").at(0).get<std::string>(), HasSubstr("CONNECT 127.0.0.1:"));
    if (what == speaks::http) {
      EXPECT_THAT(all[1].at("head").dump(), HasSubstr("Proxy-Authorization: ***"));
    }
    EXPECT_EQ(all[2].at("event"), "reply");
    EXPECT_EQ(all[2].at("peer"), "proxy");
    EXPECT_EQ(all[3].at("event"), "handshake");
    EXPECT_EQ(all[3].at("peer"), "endpoint");
  }
}

TEST_F(tracing, says_why_a_connection_did_not_come_about) {
  files.add_many(1, 20);
  const arguments once{"--retry", "0", "-w", "1"};
  run(send_command("https://127.0.0.1:1/", with_trace(once)));
  const auto refused = of_kind(traced(), "connect");
  ASSERT_THAT(refused, Not(IsEmpty()));
  EXPECT_EQ(refused[0].at("address"), "127.0.0.1:1");
  EXPECT_EQ(refused[0].at("error"), "Connection refused");
  EXPECT_THAT(of_kind(traced(), "close"), IsEmpty());

  support::sink to;
  run(send_command(to.url(), with_trace(once)));  // the certificate has no trusted issuer here
  const auto all = traced();
  const auto handshakes = of_kind(all, "handshake");
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_THAT(handshakes[0].at("detail").get<std::string>(), HasSubstr("certificate"));
  EXPECT_TRUE(handshakes[0].contains("subject")) << "whose certificate it is";
  EXPECT_THAT(of_kind(all, "connect"), SizeIs(1));
  EXPECT_THAT(of_kind(all, "close"), SizeIs(1));
  EXPECT_THAT(of_kind(all, "request"), IsEmpty());
}

TEST_F(tracing, ends_each_connection_that_it_began_and_says_why) {
  files.add_many(30, 20);
  support::sink to{"[]", {"--max-requests-per-connection", "3"}};
  ASSERT_EQ(drain(to, with_trace({"-w", "4"})).code, 0);
  const auto all = traced();
  std::multiset<int> begun, ended;
  for (const auto& e : of_kind(all, "connect")) begun.insert(e.at("connection").get<int>());
  for (const auto& e : of_kind(all, "close")) {
    ended.insert(e.at("connection").get<int>());
    EXPECT_THAT(e.at("detail").get<std::string>(), Not(IsEmpty()));
  }
  EXPECT_GE(begun.size(), 10u);
  EXPECT_EQ(begun, ended);
  const auto resumed = of_kind(all, "handshake");
  EXPECT_TRUE(std::ranges::any_of(resumed, [](const auto& e) { return e.at("resumed") == true; }));
}

TEST_F(tracing, works_for_bench_and_watch) {
  files.add_many(2, 20);
  support::sink to;
  const auto of_bench = run(sluice({"bench", to.url(), "--cacert", to.ca(), "--count", "5", "--warm-up", "0",
                                    "-q", "--trace", room / "trace", "--log-json"}));
  EXPECT_EQ(of_bench.code, 0) << of_bench.err;
  EXPECT_GE(of_kind(traced(), "reply").size(), 5u);
  support::process watch{sluice({"watch", files.root(), to.url(), "--cacert", to.ca(), "--on-success",
                                 "delete", "--trace", room / "trace", "--log-json"})};
  EXPECT_TRUE(watch.wait_until([&] { return files.left().empty(); }));
  watch.signal(SIGTERM);
  EXPECT_EQ(watch.wait(), 128 + SIGTERM);
  EXPECT_THAT(of_kind(traced(), "reply"), SizeIs(2));
  EXPECT_THAT(of_kind(traced(), "close"), SizeIs(of_kind(traced(), "connect").size()));
}

TEST_F(tracing, whose_file_cannot_be_written_begins_nothing) {
  files.add_many(2, 20);
  support::sink to;
  support::write_file(room / "open", "");
  fs::permissions(room / "open", fs::perms::owner_all | fs::perms::others_read);
  fs::create_directory(room / "folder");
  const struct {
    arguments more;
    const char* says;
  } table[]{
      {{"--trace", room / "missing/trace"}, "--trace: cannot write '"},
      {{"--trace", room / "folder"}, "Is a directory"},
      {{"--trace", ""}, "--trace: names no file"},
      {{"--keylog", room / "missing/keys"}, "--keylog: cannot write '"},
      {{"--keylog", "-"}, "--keylog: keys go to a file"},
      {{"--keylog", room / "open"}, "chmod 600 it"},
      {{"--trace", room / "x", "--keylog", room / "x"}, "is also the file of --keylog"},
      {{"--trace", room / "x", "--joblog", room / "x"}, "is also the file of --joblog"},
      {{"--trace", (room / "./x").string(), "--joblog", room / "x"}, "is also the file of --joblog"},
      {{"--summary", room / "x", "--joblog", room / "x"}, "--summary: '"},
      {{"--trace", room / "spool/trace"}, "trace"},
      {{"--keylog", room / "spool/keys"}, "keys"},
  };
  for (const auto& [more, says] : table) {
    auto words = more;
    words.insert(words.end(), {"-q", "--on-success", "delete"});
    const auto o = drain(to, words);
    EXPECT_EQ(o.code, 2) << says;
    EXPECT_THAT(support::lines_of(o.err), testing::ElementsAre(HasSubstr(says)));
  }
  for (const auto* verb : {"watch", "bench"}) {
    auto words = std::string{verb} == "bench"
                     ? arguments{verb, to.url()}
                     : arguments{verb, files.root(), to.url(), "--on-success", "delete"};
    words.insert(words.end(), {"--cacert", to.ca(), "--trace", room / "missing/trace"});
    const auto o = run(sluice(words));
    EXPECT_EQ(o.code, 2) << verb;
    EXPECT_THAT(support::lines_of(o.err), testing::ElementsAre(HasSubstr("--trace: cannot write '"))) << verb;
  }
  EXPECT_EQ(to.requests(), 0u);
  expect_all_kept();
}

TEST_F(tracing, that_meets_a_full_disk_costs_its_lines_and_one_complaint) {
  for (const auto* option : {"--trace", "--keylog"}) {
    files.add_many(20, 20);
    support::sink to;
    const auto o = drain(to, {option, "/dev/full", "--on-success", "delete", "-q"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(support::lines_of(o.err),
                testing::ElementsAre(std::string{"sluice: "} + option +
                                     ": cannot write '/dev/full': No space left on device; lines are lost"));
    EXPECT_THAT(files.left(), IsEmpty());
  }
}

TEST_F(tracing, whose_reader_does_not_read_loses_lines_and_no_time) {
  files.add_many(400, 20);
  const std::string pipe = room / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  support::sink to;
  EXPECT_THAT(drain(to, {"--trace", pipe}).err, HasSubstr("nobody reads it")) << "without a reader";
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const auto o = drain(to, {"--trace", pipe, "--log-json", "--on-success", "delete", "--progress", "none"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.err, HasSubstr("--trace: cannot write '" + pipe + "': nobody reads it; lines are lost"));
  EXPECT_THAT(files.left(), IsEmpty());
  std::string text(1 << 20, '\0');
  const auto n = ::read(reader, text.data(), text.size());
  ::close(reader);
  ASSERT_GT(n, 30'000);
  text.resize(static_cast<std::size_t>(n));
  text.resize(text.rfind('\n') + 1);  // the last line may be torn
  EXPECT_GT(read_events(text).size(), 50u);
}

TEST_F(tracing, key_log_is_one_that_a_packet_analyser_reads) {
  files.add_many(4, 20);
  for (const auto* version : {"1.3", "1.2"}) {
    support::sink to{"[]", {"--tls-max", version}};
    const auto o = drain(to, {"--keylog", room / "keys", "-w", "1"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(o.err,
                HasSubstr("warning: --keylog: whoever reads '" + (room / "keys").string() + "' can read"));
  }
  EXPECT_EQ(mode_of(room / "keys"), 0600u);
  const auto lines = support::lines_of(support::content_of(room / "keys"));
  EXPECT_THAT(lines, Each(MatchesRegex("[A-Z_0-9]+ [0-9a-f]{64} ([0-9a-f][0-9a-f])+")));
  std::multiset<std::string> labels;
  for (const auto& line : lines) labels.insert(line.substr(0, line.find(' ')));
  EXPECT_EQ(labels, (std::multiset<std::string>{
                        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0",
                        "EXPORTER_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"}));
  // RFC 8446 has secrets as long as the digest of the cipher, TLS 1.2 a master secret of 48 bytes.
  EXPECT_THAT(lines.back(), MatchesRegex("CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}"));
}

}  // namespace
}  // namespace e2e
