#include "e2e/e2e.hpp"

#include <algorithm>
#include <filesystem>

namespace e2e {
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

support::findings test::judged(const support::sink& to, const outcome& o, const std::string& job_log) const {
  support::evidence e{.originals = files.originals(), .spool = files.left(), .ledger = to.ledger()};
  if (!o.summary.is_null()) e.summaries = {o.summary};
  if (!job_log.empty()) e.job_log = support::read_job_log(job_log);
  return support::judge(e);
}

void test::expect_nothing_lost(const support::sink& to) const {
  const auto found =
      support::judge({.originals = files.originals(), .spool = files.left(), .ledger = to.ledger()});
  EXPECT_THAT(found.lost, testing::IsEmpty());
  EXPECT_THAT(found.unconfirmed, testing::IsEmpty());
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
