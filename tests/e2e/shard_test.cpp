// Several runs that share a tree, and know nothing of each other.
#include "e2e/watching.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

namespace e2e {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class sharded : public watching {
 protected:
  void add_tree(int folders = 30, int each = 4) {
    for (int d = 0; d < folders; ++d)
      for (int f = 0; f < each; ++f) {
        const auto name = "d" + std::to_string(d) + "/f" + std::to_string(f);
        files.add(name, "content of " + name);
      }
  }
  std::string summary_of(std::uint32_t k) const { return room / ("summary-" + std::to_string(k)); }
  /// One shard of the tree, with a summary and a job log of its own.
  support::command shard_command(const support::sink& to, std::uint32_t k, std::uint32_t of,
                                 arguments more = {}) const {
    arguments all{"send",
                  files.root(),
                  to.url(),
                  "--cacert",
                  to.ca(),
                  "--shard",
                  std::to_string(k) + "/" + std::to_string(of),
                  "--on-success",
                  "delete",
                  "-F",
                  "path={path}",
                  "--summary",
                  summary_of(k),
                  "--joblog",
                  room / ("log-" + std::to_string(k))};
    all.insert(all.end(), more.begin(), more.end());
    return sluice(std::move(all));
  }
  static nlohmann::json json_of(const std::string& file) {
    return nlohmann::json::parse(support::content_of(file));
  }
};

TEST_F(sharded, runs_at_once_drain_a_tree_and_send_each_file_once) {
  add_tree();
  support::sink to;
  constexpr std::uint32_t of = 4;
  std::vector<std::unique_ptr<support::process>> runs;
  for (std::uint32_t k = 1; k <= of; ++k)
    runs.push_back(std::make_unique<support::process>(shard_command(to, k % of, of)));  // 1, 2, 3 and 0
  for (auto& p : runs) EXPECT_EQ(p->wait(), 0) << p->err();
  EXPECT_THAT(files.left(), IsEmpty());
  std::multiset<std::string> sent;
  for (const auto& r : to.ledger()) sent.insert(r.field("path"));
  EXPECT_EQ(sent.size(), files.originals().size());
  EXPECT_EQ((std::set<std::string>{sent.begin(), sent.end()}.size()), files.originals().size());

  arguments all{"summary"};
  std::vector<nlohmann::json> each;
  for (std::uint32_t k = 0; k < of; ++k) all.push_back(summary_of(k)), each.push_back(json_of(summary_of(k)));
  const auto sum = support::run(sluice(all));
  EXPECT_EQ(sum.code, 0) << sum.err;
  const auto added = nlohmann::json::parse(sum.out);
  EXPECT_EQ(added.at("accepted"), to.ledger().size());
  EXPECT_EQ(added.at("seen"), files.originals().size());
  EXPECT_EQ(added.at("deleted"), files.originals().size());
  EXPECT_EQ(added.at("runs"), of);
  EXPECT_EQ(added.at("exit_code"), 0);
  EXPECT_FALSE(added.contains("shard"));
  EXPECT_EQ(each.front().at("shard"), "4/4");
  std::uint64_t exchanges = 0, steps = 0;
  for (const auto& s : each)
    for (const auto& step : s.at("latency_steps_us")) exchanges += step.at(1).get<std::uint64_t>();
  for (const auto& step : added.at("latency_steps_us")) steps += step.at(1).get<std::uint64_t>();
  EXPECT_EQ(steps, exchanges);
  EXPECT_GE(steps, to.ledger().size());
  EXPECT_THAT(sum.err, AllOf(HasSubstr("sluice: 4 runs\n"), HasSubstr("sluice: 120 accepted;")));
}

TEST_F(sharded, files_are_those_that_others_compute) {
  for (const auto* name : {"a", "a.jpg", "sub/d.jpg", "2026/11/cam 1.tar.gz", "\xc3\xa4.txt", "b\xff"})
    files.add(name, name);
  for (const auto& [path, digest] : files.originals()) {
    const auto hash = std::stoull(support::sha256(path).substr(0, 8), nullptr, 16);
    const auto mine = 1 + (hash * 16 >> 32);
    auto c = sluice({"send", files.root(), "https://127.0.0.1:1/", "-n", "--include", path});
    c.environment = {"SLUICE_SHARD=" + std::to_string(mine) + "/16"};
    EXPECT_EQ(support::lines_of(support::run(c).out).size(), 1u) << path;
    c.environment = {"SLUICE_SHARD=" + std::to_string(mine % 16 + 1) + "/16"};
    EXPECT_THAT(support::run(c).out, IsEmpty()) << path;
  }
}

TEST_F(sharded, sixteen_have_together_what_the_whole_has) {
  add_tree(400, 10);
  const auto listed = [&](const arguments& more) {
    arguments all{"send", files.root(), "https://127.0.0.1:1/", "-n"};
    all.insert(all.end(), more.begin(), more.end());
    auto names = support::lines_of(support::run(sluice(all)).out);
    std::ranges::sort(names);
    return names;
  };
  std::vector<std::string> together;
  for (int k = 0; k < 16; ++k) {
    const auto part = listed({"--shard", std::to_string(k) + "/16"});
    EXPECT_NEAR(static_cast<double>(part.size()), 4000.0 / 16, 4000.0 / 16 * 0.3);  // so few files scatter
    together.insert(together.end(), part.begin(), part.end());
  }
  std::ranges::sort(together);
  EXPECT_EQ(together, listed({}));
}

TEST_F(sharded, run_and_a_whole_one_exclude_each_other_and_so_do_two_of_one) {
  add_tree(4, 2);
  support::sink to{R"([{"delay_ms": 60000}])"};
  support::process first{shard_command(to, 1, 2, {"-w", "1", "--grace", "0s"})};
  ASSERT_TRUE(first.wait_until([&] { return fs::exists(room / "log-1"); }));
  const auto same = support::run(shard_command(to, 1, 2, {"--joblog", room / "other"}));
  EXPECT_EQ(same.code, 11);
  EXPECT_THAT(same.err, AllOf(HasSubstr("another instance holds"), HasSubstr("shard 1/2")));
  EXPECT_EQ(drain(to).code, 11) << "the whole";
  EXPECT_EQ(support::run(shard_command(to, 1, 4)).code, 11) << "a quarter that is part of the half";
  support::process second{shard_command(to, 2, 2, {"-w", "1", "--grace", "0s"})};
  EXPECT_TRUE(second.wait_until([&] { return fs::exists(room / "log-2"); })) << second.err();
  first.signal(SIGKILL);
  first.wait();
  support::process again{shard_command(to, 1, 2, {"-w", "1", "--grace", "0s", "--joblog", room / "again"})};
  EXPECT_TRUE(again.wait_until([&] { return fs::exists(room / "again"); }))
      << "the lock died with its holder";
}

TEST_F(sharded, run_that_resumes_knows_what_its_own_log_has) {
  add_tree(10, 2);
  support::sink to;
  std::uint64_t sent = 0;
  for (int round = 0; round < 2; ++round)
    for (std::uint32_t k = 1; k <= 2; ++k) {
      const auto p = support::run(shard_command(to, k, 2, {"--on-success", "keep", "--resume"}));
      EXPECT_EQ(p.code, 0) << p.err;
      const auto s = json_of(summary_of(k));
      if (round == 0) sent += s.at("accepted").get<std::uint64_t>();
      if (round == 1) {
        EXPECT_EQ(s.at("accepted"), 0);
      }
      if (round == 1) {
        EXPECT_EQ(s.at("skipped"), s.at("seen"));
      }
    }
  EXPECT_EQ(sent, 20u);
  EXPECT_EQ(to.ledger().size(), 20u);
}

TEST_F(sharded, lists_are_shared_by_the_names_in_them) {
  add_tree(10, 2);
  std::string text;
  for (const auto& [path, digest] : files.originals()) text += "./" + path + "\n";
  text += "missing\n";
  support::write_file(room / "list", text);
  support::sink to;
  std::uint64_t missing = 0;
  for (std::uint32_t k = 1; k <= 3; ++k) {
    support::run(shard_command(to, k, 3, {"--files-from", room / "list"}));
    missing += json_of(summary_of(k)).at("missing").get<std::uint64_t>();
  }
  EXPECT_EQ(missing, 1u) << "told by one of them";
  EXPECT_THAT(files.left(), IsEmpty());
  EXPECT_EQ(to.ledger().size(), 20u);
}

TEST_F(sharded, watches_share_a_directory_and_count_their_own_files) {
  add_tree(10, 2);
  support::sink to;
  std::map<std::uint32_t, std::uint64_t> own;
  for (const auto& [path, digest] : files.originals())
    ++own[static_cast<std::uint32_t>(
        1 + (std::stoull(support::sha256(path).substr(0, 8), nullptr, 16) * 2 >> 32))];
  // The first of both sends nothing for an hour, so that its backlog can be read.
  support::process first{watch_command(to, almost_idle({"--shard", "1/2", "-F", "path={path}"}))};
  ASSERT_TRUE(ready(first));
  auto c = sluice({"watch", files.root(), to.url(), "--cacert", to.ca(), "--on-success", "delete", "--shard",
                   "2/2", "--summary", summary_of(2), "-F", "path={path}", "--rescan", "200ms"});
  support::process second{c};
  EXPECT_TRUE(second.wait_until([&] { return files.left().size() <= own[1]; })) << second.err();
  for (int n = 0; n < 20; ++n) files.add("late" + std::to_string(n), "late " + std::to_string(n));
  std::uint64_t late = 0;
  for (int n = 0; n < 20; ++n) {
    const auto hash = std::stoull(support::sha256("late" + std::to_string(n)).substr(0, 8), nullptr, 16);
    late += hash >> 31 == 0 ? 1 : 0;
  }
  EXPECT_TRUE(second.wait_until([&] { return files.left().size() <= own[1] + late; }));
  EXPECT_TRUE(first.wait_until([&] {
    const auto s = status();
    return !s.is_null() && s.at("backlog") == own[1] + late - s.at("accepted").get<std::uint64_t>();
  })) << status();
  second.signal(SIGTERM);
  EXPECT_EQ(second.wait(), 128 + SIGTERM);
  EXPECT_EQ(json_of(summary_of(2)).at("accepted"), own[2] + 20 - late);
  const auto o = stop(first);
  EXPECT_EQ(o.summary.at("shard"), "1/2");
  expect_nothing_lost(to);
}

TEST_F(sharded, option_that_is_no_part_is_told_in_one_line) {
  add_tree(1, 1);
  for (const auto* text : {"5/4", "1", "1/0", "0/0", "1/65537", "-1/4", ""}) {
    const auto p = support::run(sluice({"send", files.root(), "https://127.0.0.1:1/", "--shard", text}));
    EXPECT_EQ(p.code, 2) << text;
    EXPECT_THAT(p.err, AllOf(HasSubstr("sluice: --shard: '"), HasSubstr("write K/N"))) << text;
    EXPECT_EQ(support::lines_of(p.err).size(), 1u) << p.err;
  }
}

class network_source : public sharded {
 protected:
  /// The program, for which each file system is NFS by the type that statfs tells.
  static support::command on_nfs(support::command c) {
    auto& a = c.arguments;
    a.insert(a.begin(), {"/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=fstatfs", "-e",
                         "inject=fstatfs:poke_exit=@arg2=6969000000000000"});
    return c;
  }
  /// Why strace cannot pretend it here; empty: it can.
  std::string cannot_pretend() const {
    const auto p = support::run(on_nfs({.arguments = {"/usr/bin/stat", "-f", "-c", "%t", files.root()}}));
    return p.code == 0 ? "" : p.err.empty() ? "no strace" : p.err;
  }
};

TEST_F(network_source, is_not_deleted_from_without_a_word_on_sharing) {
  if (const auto why = cannot_pretend(); !why.empty()) GTEST_SKIP() << why;
  SKIP_UNDER_SANITIZER("strace and LeakSanitizer do not go together");
  add_tree(3, 2);
  support::sink to;
  const auto refused = run(on_nfs(send_command(to, {"--on-success", "delete"})));
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("NFS"), HasSubstr("--on-success"), HasSubstr("--shard"), HasSubstr("--lock")));
  EXPECT_EQ(support::lines_of(refused.err).size(), 1u) << refused.err;
  expect_all_kept();
  EXPECT_THAT(to.ledger(), IsEmpty());
  EXPECT_EQ(run(on_nfs(send_command(to, {"--on-success", "delete", "-n"}))).code, 0)
      << "a list removes nothing";

  const auto kept = run(on_nfs(send_command(to, {"--settle", "0"})));
  EXPECT_EQ(kept.code, 0) << kept.err;
  const auto at = kept.err.find("NFS");
  ASSERT_NE(at, std::string::npos) << kept.err;
  EXPECT_EQ(kept.err.find("NFS", at + 1), std::string::npos) << "once: " << kept.err;

  for (const auto& said : {arguments{"--shard", "1/1"}, arguments{"--lock", room / "lock"}}) {
    auto more = said;
    more.insert(more.end(), {"--on-success", "delete", "--settle", "0"});
    add_tree(3, 2);
    const auto o = run(on_nfs(send_command(to, more)));
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(o.err, testing::Not(HasSubstr("NFS")));
    EXPECT_THAT(files.left(), IsEmpty());
  }
}

}  // namespace
}  // namespace e2e
