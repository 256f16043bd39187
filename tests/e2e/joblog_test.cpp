// The job log: what it says, when it says it, and what a later run makes of it.
#include "e2e/e2e.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::vector<std::string> keys_in_order{"v",        "seq",  "time",   "path",     "size",
                                             "mtime_ns", "fate", "status", "attempts", "key",
                                             "disposal", "ms",   "bytes",  "response", "error"};

std::vector<std::string> keys_of(const ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

class joblog : public test {
 protected:
  std::vector<ordered_json> lines() const {
    std::vector<ordered_json> all;
    for (const auto& line : support::lines_of(support::content_of(log)))
      all.push_back(ordered_json::parse(line));
    return all;
  }

  const std::string log = room / "joblog";
};

TEST_F(joblog, has_a_line_per_file_with_all_keys_in_order) {
  files.add("good.jpg", "12345");
  files.add("sub/bad.jpg", "");
  files.add("busy.jpg", "1");
  files.add("later.jpg", "1");
  support::sink to{R"([{"match": {"name": "bad*"}, "status": 422, "body": "no such room"},
                       {"match": {"name": "busy*"}, "status": [503, 200]},
                       {"match": {"name": "later*"}, "status": 503}])"};
  const auto o = drain(to, {"--on-success", "delete", "--joblog", log});
  EXPECT_EQ(o.code, 1);
  std::map<std::string, ordered_json> by_path;
  std::set<int> seqs;
  for (const auto& line : lines()) {
    EXPECT_THAT(keys_of(line), ElementsAreArray(keys_in_order));
    EXPECT_EQ(line.at("v"), 1);
    EXPECT_THAT(line.at("time").get<std::string>(), testing::MatchesRegex("20..-..-..T..:..:..\\....Z"));
    seqs.insert(line.at("seq").get<int>());
    by_path[line.at("path")] = line;
  }
  EXPECT_THAT(by_path, SizeIs(4));
  EXPECT_THAT(seqs, ElementsAre(1, 2, 3, 4));

  const auto& good = by_path.at("good.jpg");
  EXPECT_EQ(good.at("fate"), "accepted");
  EXPECT_EQ(good.at("disposal"), "deleted");
  EXPECT_EQ(good.at("size"), 5);
  EXPECT_EQ(good.at("status"), 200);
  EXPECT_EQ(good.at("attempts"), 1);
  EXPECT_EQ(good.at("response"), R"({"code":0,"size":5})");
  EXPECT_EQ(good.at("error"), "");
  EXPECT_GT(good.at("bytes"), 5);
  EXPECT_GT(good.at("ms"), 0);
  for (const auto& r : to.ledger()) {
    EXPECT_EQ(by_path.at(r.name == "bad.jpg" ? "sub/bad.jpg" : r.name).at("key"), r.key);
  }

  const auto& bad = by_path.at("sub/bad.jpg");
  EXPECT_EQ(bad.at("fate"), "rejected");
  EXPECT_EQ(bad.at("disposal"), "kept");
  EXPECT_EQ(bad.at("status"), 422);
  EXPECT_EQ(bad.at("response"), "no such room");
  EXPECT_THAT(bad.at("error").get<std::string>(), HasSubstr("422"));

  EXPECT_EQ(by_path.at("busy.jpg").at("attempts"), 2);
  EXPECT_EQ(by_path.at("later.jpg").at("fate"), "deferred");
  EXPECT_EQ(by_path.at("later.jpg").at("attempts"), 3);
}

TEST_F(joblog, keeps_the_first_kilobyte_of_a_reply) {
  files.add("a", "1");
  support::sink to{R"([{"body": ")" + std::string(5000, 'r') + R"("}])"};
  EXPECT_EQ(drain(to, {"--joblog", log}).code, 0);
  EXPECT_EQ(lines().at(0).at("response"), std::string(1024, 'r'));
}

TEST_F(joblog, carries_names_that_are_not_utf8) {
  files.add("caf\xe9.jpg", "1");
  files.add("\xff\xfe/\xc0\x80.jpg", "2");
  files.add("caf\xc3\xa9.jpg", "3");
  support::sink to;
  EXPECT_EQ(drain(to, {"--joblog", log, "--on-success", "delete"}).code, 0);
  std::set<std::string> encoded;
  for (const auto& line : lines()) {
    if (line.at("path") == "caf\xc3\xa9.jpg") {
      EXPECT_FALSE(line.contains("path_b64"));
    } else {
      encoded.insert(line.at("path_b64"));
    }
  }
  EXPECT_THAT(encoded, ElementsAre("//4vwIAuanBn", "Y2Fm6S5qcGc="));
}

TEST_F(joblog, resume_sends_what_was_not_accepted_and_what_changed) {
  files.add_many(20, 100);
  {
    support::sink to{R"([{"match": {"name": "f-0001*"}, "status": 503}])"};
    EXPECT_EQ(drain(to, {"--joblog", log, "--retry", "0"}).code, 1);
  }
  support::append_to(files / "f-00003.bin", "changed");
  files.add("new.bin", "new");
  support::sink to;
  const auto o = drain(to, {"--joblog", log, "--resume"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), SizeIs(12));
  for (const auto& name : names_with(to))
    EXPECT_TRUE(name.starts_with("f-0001") || name == "f-00003.bin" || name == "new.bin") << name;
  EXPECT_EQ(o.count("accepted"), 12u);
  EXPECT_EQ(o.count("skipped"), 9u);
  expect_adds_up(o);
  EXPECT_THAT(lines(), SizeIs(20 + 12)) << "the log is appended to, and what is skipped is not logged again";

  support::sink again;
  EXPECT_EQ(drain(again, {"--joblog", log, "--resume"}).code, 0);
  EXPECT_THAT(again.ledger(), IsEmpty());
}

TEST_F(joblog, resume_passes_over_a_torn_last_line) {
  files.add_many(5, 100);
  support::sink first;
  EXPECT_EQ(drain(first, {"--joblog", log}).code, 0);
  const auto whole = support::content_of(log);
  const auto last = ordered_json::parse(support::lines_of(whole).back());
  support::write_file(log, whole.substr(0, whole.size() - 40));

  support::sink second;
  EXPECT_EQ(drain(second, {"--joblog", log, "--resume"}).code, 0);
  EXPECT_THAT(names_with(second), ElementsAre(last.at("path").get<std::string>()));
  const auto all = support::lines_of(support::content_of(log));
  EXPECT_THAT(all, SizeIs(6)) << "the torn line stays alone on its line";
  EXPECT_EQ(ordered_json::parse(all.back()).at("key"), last.at("key"));
}

TEST_F(joblog, resume_without_a_log_yet_sends_everything) {
  files.add_many(3, 100);
  support::sink to;
  EXPECT_EQ(drain(to, {"--joblog", log, "--resume"}).code, 0);
  EXPECT_THAT(to.ledger(), SizeIs(3));
  EXPECT_THAT(lines(), SizeIs(3));
}

// The directory loses its write permission while the reply is under way: the unlink fails, after the line was
// written.
TEST_F(joblog, line_comes_before_the_removal) {
  files.add("a.jpg", "1");
  fs::permissions(room.path(), fs::perms::all);
  ::chmod(files.root().c_str(), 0777);
  ::chmod((files / "a.jpg").c_str(), 0666);
  support::sink to{R"([{"delay_ms": 1000}])", {"--http"}};
  auto c = send_command(to, {"--settle", "500ms", "--on-success", "delete", "--joblog", log});
  c.as_nobody = true;
  support::process p{c};
  EXPECT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
  ::chmod(files.root().c_str(), 0555);
  const auto o = outcome_of(p);
  ::chmod(files.root().c_str(), 0777);

  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("accepted"), 1u);
  EXPECT_EQ(o.count("undeletable"), 1u);
  EXPECT_EQ(o.count("deleted"), 0u);
  expect_all_kept();
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].at("fate"), "accepted");
  EXPECT_EQ(all[0].at("disposal"), "deleted");
  EXPECT_EQ(all[1].at("fate"), "undeletable");
  EXPECT_EQ(all[1].at("disposal"), "kept");
  EXPECT_EQ(all[1].at("seq"), all[0].at("seq"));
  EXPECT_THAT(all[1].at("error").get<std::string>(), HasSubstr("Permission denied"));

  // The file was accepted: a resumed run does not send it again.
  support::sink again{"[]", {"--http"}};
  EXPECT_EQ(drain(again, {"--joblog", log, "--resume"}).code, 0);
  EXPECT_THAT(again.ledger(), IsEmpty());
}

TEST_F(joblog, goes_to_standard_output) {
  files.add_many(3, 100);
  support::sink to;
  const auto o = drain(to, {"--joblog", "-"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.count("accepted"), 3u);
  const auto all = support::lines_of(o.out);
  ASSERT_THAT(all, SizeIs(3));
  for (const auto& line : all) EXPECT_EQ(ordered_json::parse(line).at("fate"), "accepted");
}

TEST_F(joblog, summary_goes_to_standard_output) {
  files.add_many(3, 100);
  support::sink to;
  const auto o = drain(to, {"-w", "16", "--summary", "-", "--joblog", log});
  EXPECT_EQ(o.code, 0);
  const auto summary = ordered_json::parse(o.out);
  EXPECT_EQ(summary.at("accepted"), 3);
  EXPECT_EQ(summary.at("seen"), 3);
  EXPECT_EQ(summary.at("reason"), "complete");
  EXPECT_EQ(summary.at("window").at("last"), 16);
  for (const auto* key : {"p50", "p90", "p99", "max"}) EXPECT_GT(summary.at("latency_ms").at(key), 0);
  EXPECT_GT(summary.at("files_per_second"), 0);
  EXPECT_THAT(lines(), SizeIs(3));
}

TEST_F(joblog, that_cannot_be_written_ends_the_run) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  files.add_many(40, 100);
  support::sink to;
  const auto o = drain(to, {"--joblog", "/dev/full"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_LT(o.count("accepted"), 40u) << o.err;
  EXPECT_EQ(o.count("log_lines_dropped"), 40u);
}

TEST_F(joblog, that_cannot_be_opened_sends_nothing) {
  files.add("a", "1");
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete", "--joblog", room / "no-directory/log"});
  EXPECT_EQ(o.code, 2) << o.err;
  EXPECT_THAT(o.err, HasSubstr("no-directory/log': No such file or directory"));
  EXPECT_EQ(to.stop().at("connections"), 0);
  expect_all_kept();
}

TEST_F(joblog, inside_the_source_is_refused) {
  files.add("a", "1");
  support::sink to;
  for (const auto* option : {"--joblog", "--lock"}) {
    const auto o = drain(to, {option, files / "log"});
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err,
                HasSubstr(std::string{option} + ": '" + (files / "log").string() + "' is inside the source"));
  }
  expect_all_kept();
  EXPECT_EQ(to.stop().at("connections"), 0);
}

}  // namespace
}  // namespace e2e
