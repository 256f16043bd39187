#include "sink/options.hpp"
#include "sink/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sink {
namespace {

using testing::HasSubstr;

options parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sluice-sink");
  return parse_options(static_cast<int>(arguments.size()), arguments.data()).value();
}

std::string problem(std::vector<const char*> arguments) {
  try {
    parsed(std::move(arguments));
  } catch (const usage_error& e) {
    return e.what();
  }
  return "";
}

TEST(options, have_defaults_that_need_no_argument) {
  const auto o = parsed({});
  EXPECT_EQ(o.host, "127.0.0.1");
  EXPECT_EQ(o.port, 0);
  EXPECT_FALSE(o.http);
  EXPECT_TRUE(o.hash);
  EXPECT_EQ(o.ledger, "none");
  EXPECT_EQ(o.key_header, "idempotency-key");
}

TEST(options, are_all_read) {
  scratch dir;
  std::ofstream{dir / "s.json"} << R"({"rules":[]})";
  const auto script = dir / "s.json", store = dir / "new/store";
  const auto o = parsed({"--host",
                         "::1",
                         "--port",
                         "8443",
                         "--tls-dir",
                         "d",
                         "--cert",
                         "c",
                         "--key",
                         "k",
                         "--client-ca",
                         "ca",
                         "--tls-min",
                         "1.1",
                         "--tls-max",
                         "1.3",
                         "--ledger",
                         "l",
                         "--ledger-buffer",
                         "--no-hash",
                         "--store",
                         store.c_str(),
                         "--key-header",
                         "X-Key",
                         "--script",
                         script.c_str(),
                         "--accept-delay-ms",
                         "1",
                         "--max-connections",
                         "2",
                         "--keepalive-timeout-ms",
                         "3",
                         "--max-requests-per-connection",
                         "4",
                         "--receive-buffer",
                         "5"});
  EXPECT_EQ(o.host, "::1");
  EXPECT_EQ(o.port, 8443);
  EXPECT_EQ(o.tls_dir, "d");
  EXPECT_EQ(o.cert_file, "c");
  EXPECT_EQ(o.key_file, "k");
  EXPECT_EQ(o.client_ca_file, "ca");
  EXPECT_EQ(o.tls_min, tls_version::v1_1);
  EXPECT_EQ(o.tls_max, tls_version::v1_3);
  EXPECT_EQ(o.ledger, "l");
  EXPECT_TRUE(o.ledger_buffer);
  EXPECT_FALSE(o.hash);
  EXPECT_EQ(o.store, store);
  EXPECT_TRUE(std::filesystem::is_directory(store)) << "made when missing";
  EXPECT_EQ(o.key_header, "x-key");
  EXPECT_EQ(o.script, R"({"rules":[]})");
  EXPECT_EQ(o.accept_delay, milliseconds{1});
  EXPECT_EQ(o.max_connections, 2u);
  EXPECT_EQ(o.keepalive_timeout, milliseconds{3});
  EXPECT_EQ(o.max_requests_per_connection, 4u);
  EXPECT_EQ(o.receive_buffer, 5);
  EXPECT_EQ(parsed({"--host", "localhost"}).host, "127.0.0.1");
}

TEST(options, say_in_one_line_what_is_wrong_and_how_to_mend_it) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> table{
      {{"--nonsense"}, "--help"},
      {{"--port", "70000"}, "--port"},
      {{"--host", "example.org"}, "give an IP address"},
      {{"--cert", "c"}, "give both"},
      {{"--http", "--tls-min", "1.2"}, "leave out"},
      {{"--tls-min", "1.4"}, "give 1.0, 1.1, 1.2 or 1.3"},
      {{"--tls-min", "1.3", "--tls-max", "1.2"}, "swap them"},
      {{"--script", "/nowhere"}, "cannot be read"},
      {{"--script", "/nowhere", "--script-json", "{}"}, "give one"},
      {{"--receive-buffer", "-1"}, "give bytes"},
      {{"--store", "/proc/nowhere"}, "give a directory"},
  };
  for (const auto& [arguments, what] : table) {
    EXPECT_THAT(problem(arguments), HasSubstr(what));
    EXPECT_EQ(problem(arguments).find('\n'), std::string::npos);
  }
}

TEST(options, are_nothing_when_help_was_asked_for) {
  const char* const arguments[] = {"sluice-sink", "--help"};
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse_options(2, arguments).has_value(), false);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("--script-json"));
}

TEST(options, of_digests_fit_together) {
  EXPECT_TRUE(parsed({"--raw"}).raw);
  const auto o = parsed({"--digests", "--falsify", "100"});
  EXPECT_TRUE(o.digests);
  EXPECT_EQ(o.falsify, 100u);
  EXPECT_THAT(problem({"--falsify", "2"}), HasSubstr("add --digests"));
  EXPECT_THAT(problem({"--digests", "--no-hash"}), HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace sink
