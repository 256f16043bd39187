// The server proves what it has stored, or does not.
#include "e2e/e2e.hpp"

#include <algorithm>
#include <filesystem>

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class proof : public test {
 protected:
  void add_files(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      files.add("d" + std::to_string(i % 7) + "/" + std::to_string(i),
                std::string(i * 37 % 4096, 'x') + std::to_string(i));
  }
  static std::size_t falsified(const support::sink& to) {
    return static_cast<std::size_t>(
        std::ranges::count_if(to.ledger(), [](const auto& r) { return r.line.value("falsified", false); }));
  }
};

TEST_F(proof, every_kind_of_rule_holds_where_the_server_tells_the_truth) {
  const std::vector<std::string> rules[] = {
      {"--success-json", R"(/md5="{md5}")"},
      {"--success-json", R"(/sha1="{sha1}")"},
      {"--success-json", R"(/sha256="{sha256}")"},
      {"--success-json", R"(/sha512="{sha512}")"},
      {"--success-json", R"(/crc32="{crc32}")"},
      {"--success-json", "/size={size}"},
      {"--success-json", R"(/size="{size}")"},
      {"--success-header", R"(ETag="{md5}")"},
      {"--success-header", "Repr-Digest=sha-256=:{sha256:base64}:"},
  };
  support::sink to{"[]", {"--digests"}};
  arguments all{"--on-success", "delete", "-H", "X-Sha256: {sha256}"};
  for (const auto& rule : rules) all.insert(all.end(), rule.begin(), rule.end());
  add_files(20);
  files.add("empty", "");
  files.add("large.bin", std::string((3u << 20) + 1, 'z'));
  const auto o = drain(to, all);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(files.left().empty());
  EXPECT_EQ(judged(to, o).text(), "");
}

TEST_F(proof, a_file_with_a_falsified_digest_is_never_deleted) {
  add_files(300);
  const auto log = (room / "log").string(), aside = (room / "rejected").string();
  std::filesystem::create_directory(aside);
  support::sink to{"[]", {"--digests", "--falsify", "100"}};
  const auto o = drain(to, {"--on-success", "delete", "--success-json", R"(/sha256="{sha256}")", "--retry",
                            "0", "--joblog", log, "--on-reject", "move=" + aside});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(falsified(to), 3u);
  EXPECT_EQ(o.count("corrupted"), 3u);
  EXPECT_EQ(o.count("rejected"), 0u);
  EXPECT_EQ(o.count("deleted"), 297u);
  for (const auto& r : to.ledger()) {
    const bool is_left =
        std::ranges::any_of(files.left(), [&](const auto& f) { return f.second == r.sha256; });
    EXPECT_EQ(is_left, r.line.value("falsified", false)) << r.name;
  }
  EXPECT_THAT(o.err, AllOf(HasSubstr("the server has other bytes than were sent"), HasSubstr("3 corrupted")));
  std::size_t told = 0;
  for (const auto& line : support::read_job_log(log)) {
    if (line.at("fate") != "corrupted") continue;
    ++told;
    EXPECT_EQ(line.at("disposal"), "kept");
    EXPECT_EQ(line.at("disproved").at("rule"), R"(/sha256="{sha256}")");
    EXPECT_EQ(line.at("disproved").at("ours"), files.originals().at(line.at("path").get<std::string>()));
    EXPECT_NE(line.at("disproved").at("theirs"), line.at("disproved").at("ours"));
  }
  EXPECT_EQ(told, 3u);
  EXPECT_EQ(judged(to, o, log).text(), "");
}

TEST_F(proof, a_corrupted_file_is_sent_again) {
  add_files(40);
  support::sink to{"[]", {"--digests", "--falsify", "10"}};
  const auto o = drain(to, {"--on-success", "delete", "--success-header", R"(ETag="{md5}")"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(falsified(to), 4u);
  EXPECT_EQ(o.count("accepted"), 40u);
  EXPECT_EQ(o.count("attempts"), 44u);
  EXPECT_TRUE(files.left().empty());
  EXPECT_EQ(judged(to, o).text(), "");
}

TEST_F(proof, a_reply_without_the_digest_confirms_nothing) {
  files.add("a", "1");
  for (const auto* rule : {R"(/sha256="{sha256}")", "/length={size}"}) {
    support::sink to;
    const auto o = drain(to, {"--on-success", "delete", "--success-json", rule});
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.count("deferred"), 1u);
    EXPECT_EQ(o.count("corrupted"), 0u);
    EXPECT_EQ(o.count("attempts"), 1u);
    EXPECT_THAT(o.err, HasSubstr("nothing proves what is stored"));
  }
  support::sink to;
  EXPECT_THAT(drain(to, {"--on-success", "delete", "--success-header", "X-Sum={crc32}"}).err,
              HasSubstr("it has no header X-Sum"));
  expect_all_kept();
}

TEST_F(proof, another_size_is_another_file) {
  files.add("a", "123");
  support::sink to{R"([{"body": "{\"size\": 2}"}])"};
  const auto o = drain(to, {"--on-success", "delete", "--success-json", "/size={size}", "--retry", "0"});
  EXPECT_EQ(o.count("corrupted"), 1u);
  EXPECT_THAT(o.err, HasSubstr("/size={size} is 2 there, and 3 here"));
  expect_all_kept();
}

}  // namespace
}  // namespace e2e
