#include "e2e/e2e.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace e2e {
namespace {

/// How often each digest occurs.
using tally = std::map<std::string, std::size_t>;

}  // namespace

support::command sluice(arguments more) {
  more.insert(more.begin(), SLUICE_PROGRAM);
  return {.arguments = std::move(more)};
}

support::command test::send_command(const std::string& url, const arguments& more) const {
  arguments all{"send", files.root(), url, "--summary", room / "summary"};
  all.insert(all.end(), more.begin(), more.end());
  return sluice(std::move(all));
}

support::command test::send_command(const support::sink& to, const arguments& more) const {
  arguments all;
  if (!to.ca().empty()) all = {"--cacert", to.ca()};
  all.insert(all.end(), more.begin(), more.end());
  return send_command(to.url(), all);
}

outcome test::outcome_of(support::process& p) const {
  const int code = p.wait();
  const auto text = support::content_of(room / "summary");
  return {code, p.out(), p.err(), text.empty() ? nlohmann::json{} : nlohmann::json::parse(text)};
}

outcome test::run(const support::command& c) const {
  std::filesystem::remove(room / "summary");
  support::process p{c};
  return outcome_of(p);
}

void test::expect_nothing_lost(const support::sink& to) const {
  tally left, accepted, needed;
  for (const auto& [name, digest] : files.left()) ++left[digest];
  for (const auto& r : to.ledger())
    if (r.verdict == "accepted") ++accepted[r.sha256];
  for (const auto& [name, digest] : files.originals()) ++needed[digest];
  for (const auto& [digest, count] : needed)
    EXPECT_GE(left[digest] + accepted[digest], count) << "lost: a file with the digest " << digest;
}

void expect_adds_up(const outcome& o) {
  ASSERT_FALSE(o.summary.is_null()) << o.err;
  std::uint64_t sum = 0;
  for (const auto* fate : {"accepted", "rejected", "deferred", "changed", "vanished", "skipped"})
    sum += o.count(fate);
  EXPECT_EQ(o.count("seen"), sum) << o.summary;
}

std::vector<std::string> names_with(const support::sink& to, const std::string& verdict) {
  std::vector<std::string> names;
  for (const auto& r : to.ledger())
    if (r.verdict == verdict) names.push_back(r.name);
  std::ranges::sort(names);
  return names;
}

}  // namespace e2e
