// The machine, its user and the server cannot add anything to a request.
#include "e2e/e2e.hpp"

#include <filesystem>

namespace e2e {
namespace {

using testing::ElementsAre;

class environment : public test {};

// No .netrc, no cookie, no Referer, no compression: one origin, and what was configured for it. A proxy is
// not asked for what NO_PROXY names.
TEST_F(environment, adds_nothing_to_a_request_and_sends_it_nowhere_else) {
  files.add_many(3, 10);
  std::filesystem::create_directory(room / "home");
  for (const auto* name : {"home/.netrc", "home/_netrc"})
    support::write_file(room / name, "machine 127.0.0.1 login somebody password CANARY-8d1f\n");
  support::sink to{R"([{"headers": {"Set-Cookie": "session=1; Path=/"}}])"};
  auto c = send_command(to, {"--window", "1"});
  c.environment = {"HOME=" + (room / "home").string(), "NETRC=" + (room / "home/.netrc").string()};
  for (const auto* name :
       {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    c.environment.push_back(name + std::string{"=http://127.0.0.1:9"});
  c.environment.push_back("NO_PROXY=127.0.0.0/8");
  const auto o = run(c);
  EXPECT_EQ(o.code, 0) << o.err;
  ASSERT_EQ(to.ledger().size(), 3u);
  for (const auto& r : to.ledger()) {
    std::vector<std::string> names;
    for (const auto& [name, value] : r.line.at("headers").items()) names.push_back(name);
    EXPECT_THAT(names, ElementsAre("accept", "accept-encoding", "content-length", "content-type", "host",
                                   "idempotency-key", "user-agent"));
    EXPECT_EQ(r.line.at("headers").at("accept-encoding"), "identity");
  }
}

}  // namespace
}  // namespace e2e
