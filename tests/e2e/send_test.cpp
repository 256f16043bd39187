// The main job, and the promises that concern the run as a whole.
#include "e2e/e2e.hpp"

#include <filesystem>
#include <set>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class send : public test {};

TEST_F(send, delivers_each_file_once_with_its_fields_in_order) {
  files.add("a.jpg", "first");
  support::sink to;
  const auto o = drain(
      to, {"-F", "mark=room-201", "-F", "stamp={now}", "-F", "name={stem}.{ext}", "-H", "app_key: 12ab"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out, "");
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 1u);
  const auto& r = ledger[0];
  EXPECT_EQ(r.name, "a.jpg");
  EXPECT_EQ(r.sha256, support::sha256("first"));
  EXPECT_EQ(r.line.at("type"), "image/jpeg");
  EXPECT_EQ(r.line.at("headers").at("app_key"), "12ab");
  EXPECT_THAT(r.fields,
              ElementsAre(Pair("mark", "room-201"), Pair("stamp", testing::MatchesRegex("[0-9]{10}")),
                          Pair("name", "a.jpg")));
  EXPECT_FALSE(r.key.empty());
  expect_all_kept();
}

TEST_F(send, takes_the_file_part_as_curl_writes_it) {
  files.add("a.bin", "x");
  support::sink to;
  EXPECT_EQ(
      drain(to, {"-F", "upload=@{};type=image/x-raw;filename={key}.raw", "--idempotency-header", "X-Once"})
          .code,
      0);
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_EQ(ledger[0].line.at("type"), "image/x-raw");
  EXPECT_EQ(ledger[0].name, ledger[0].line.at("headers").at("x-once").get<std::string>() + ".raw");
  EXPECT_FALSE(ledger[0].line.at("headers").contains("idempotency-key"));
}

TEST_F(send, of_an_empty_folder_is_done) {
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("seen"), 0u);
  EXPECT_EQ(to.stop().at("connections"), 0);
}

TEST_F(send, drains_several_sources) {
  files.add("one/a", "1");
  files.add("two/b", "2");
  support::sink to;
  const auto o = run(sluice(
      {"send", files / "one", files / "two", to.url(), "--cacert", to.ca(), "--on-success", "delete"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("a", "b"));
  EXPECT_TRUE(files.left().empty());
}

TEST_F(send, streams_files_larger_than_any_buffer) {
  files.add("large.bin", std::string(24u << 20, 'x'));
  files.add("small.bin", "y");
  support::sink to;
  EXPECT_EQ(drain(to, {"--on-success", "delete"}).code, 0);
  expect_nothing_lost(to);
  EXPECT_TRUE(files.left().empty());
}

TEST_F(send, is_repeated_without_harm_in_keep_mode) {
  files.add_many(5, 100);
  support::sink to;
  EXPECT_EQ(drain(to).code, 0);
  EXPECT_EQ(drain(to).code, 0);
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 10u);
  std::set<std::string> keys;
  for (const auto& r : ledger) keys.insert(r.key);
  EXPECT_EQ(keys.size(), 5u) << "an unchanged file has the same key in every run";
}

// The window is how many connections there are, and they are kept alive.
TEST_F(send, opens_as_many_connections_as_the_window_and_reuses_them) {
  files.add_many(300, 200);
  support::sink to{R"([{"delay_ms": 2}])"};
  const auto o = drain(to, {"--window", "5"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("connections"), 5u);
  EXPECT_EQ(to.ledger().size(), 300u);
  const auto& counts = to.stop();
  EXPECT_EQ(counts.at("connections"), 5);
  EXPECT_EQ(counts.at("handshakes"), 5);
}

TEST_F(send, opens_new_connections_when_the_server_closes_them) {
  files.add_many(60, 200);
  support::sink to{"[]", {"--max-requests-per-connection", "7"}};
  const auto o = drain(to, {"--window", "3", "--on-success", "delete"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("accepted"), 60u);
  EXPECT_TRUE(files.left().empty());
  EXPECT_EQ(to.ledger().size(), 60u) << "a closed connection must not repeat a request";
}

TEST_F(send, works_without_tls_when_http_is_written_out) {
  files.add("a", "1");
  support::sink to{"[]", {"--http"}};
  ASSERT_TRUE(to.url().starts_with("http://"));
  const auto plain = drain(to);
  EXPECT_EQ(plain.code, 0);
  EXPECT_EQ(plain.err.find("warning"), std::string::npos);
  const auto o = drain(to, {"-H", "app_key: secret"});
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(o.err, AllOf(HasSubstr("sluice: warning: http://"), HasSubstr("clear text")));
}

/// The facts that the kernel reports of the program while it runs.
struct watched {
  std::set<std::size_t> threads;
  std::size_t looks = 0;
};

watched watch(support::process& p) {
  watched w;
  const auto proc = std::filesystem::path{"/proc"} / std::to_string(p.pid());
  p.wait_until([&] {
    std::error_code ec;
    std::size_t threads = 0;
    for (std::filesystem::directory_iterator it{proc / "task", ec}, end; !ec && it != end; it.increment(ec))
      ++threads;
    if (!ec && threads > 0) w.threads.insert(threads), ++w.looks;
    return false;
  });
  return w;
}

// A name to resolve, TLS, a walk, retries: none of it may start a thread.
TEST_F(send, runs_on_one_thread_from_start_to_exit) {
  files.add_many(400, 20'000);
  support::sink to{R"([{"match": {"name": "f-0000*"}, "status": [503, 200]}])"};
  auto by_name = to.url();
  by_name.replace(by_name.find("127.0.0.1"), 9, "localhost");
  support::process p{send_command(
      by_name, {"--cacert", to.ca(), "--on-success", "delete", "--joblog", room / "log", "--rate", "500"})};
  const auto w = watch(p);
  EXPECT_EQ(p.wait(), 0) << p.err();
  EXPECT_GE(w.looks, 20u);
  EXPECT_THAT(w.threads, ElementsAre(1u));
}

}  // namespace
}  // namespace e2e
