// The output that people and programs read while it runs and when it is over.
#include "e2e/e2e.hpp"

#include <vector>

namespace e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class output : public test {
 protected:
  static std::vector<std::string> without_summary(const std::string& err) {
    auto lines = support::lines_of(err);
    std::erase_if(lines, [](const auto& line) { return line.starts_with("sluice: "); });
    return lines;
  }
};

TEST_F(output, ends_with_a_summary_on_standard_error) {
  files.add_many(4, 1000);
  support::sink to;
  const auto o = drain(to, {"--on-success", "delete", "-w", "2"});
  EXPECT_EQ(o.out, "");
  const auto lines = support::lines_of(o.err);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], MatchesRegex("sluice: 4 accepted; 4.0 kB in [0-9.]+ s, [0-9.,]+ files/s; 4 deleted"));
  EXPECT_THAT(
      lines[1],
      MatchesRegex("sluice: latency p50 [0-9.]+ p99 [0-9.]+ max [0-9.]+ ms; 4 requests on 2 connections, "
                   "0 retries, 0 unknown outcomes"));
}

TEST_F(output, verbose_has_a_line_per_file_with_time_path_status_and_reply) {
  files.add("good.jpg", "12345");
  files.add("sub/bad.jpg", "1");
  files.add("late.jpg", "2");
  support::sink to{R"([{"match": {"name": "bad*"}, "status": 422, "body": "no\nsuch \u001b[31mroom"},
                       {"match": {"name": "late*"}, "reply": "none"}])"};
  const auto o = drain(to, {"-v", "--order-by", "name", "-w", "1", "--retry", "0"});
  EXPECT_EQ(o.code, 1);
  const std::string time = "20..-..-..T..:..:..\\....";
  EXPECT_THAT(
      without_summary(o.err),
      testing::UnorderedElementsAre(
          MatchesRegex(time + " accepted 200 good.jpg  ..code..0,.size..5."),
          MatchesRegex(time + " rejected 422 sub/bad.jpg  no.x0asuch .x1b.31mroom  .status 422, the server "
                              "refused the upload: no.x0asuch .x1b.31mroom."),
          MatchesRegex(
              time +
              " deferred - late.jpg  .the server closed the connection before its reply was complete.*")));
}

TEST_F(output, json_lines_parse) {
  files.add("good.jpg", "12345");
  files.add("b\xff.jpg", "1");
  support::sink to{R"([{"match": {"name": "b*"}, "status": 422}])"};
  const auto o = drain(to, {"--log-json"});
  const auto lines = without_summary(o.err);
  ASSERT_THAT(lines, SizeIs(2));
  std::vector<std::string> fates;
  for (const auto& line : lines) {
    const auto record = nlohmann::json::parse(line);
    fates.push_back(record.at("fate"));
    for (const auto* key : {"time", "path", "status", "response"}) EXPECT_TRUE(record.contains(key)) << line;
  }
  EXPECT_THAT(fates, testing::UnorderedElementsAre("accepted", "rejected"));
}

TEST_F(output, quiet_says_nothing_when_all_is_well) {
  files.add_many(4, 100);
  support::sink to;
  const auto o = drain(to, {"-q"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.err, "");
}

TEST_F(output, quiet_says_what_went_wrong) {
  files.add_many(4, 100);
  support::sink to{R"([{"status": 422}])"};
  const auto o = drain(to, {"-q"});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("sluice: 0 accepted, 4 rejected"));
}

TEST_F(output, progress_is_a_line_per_interval_on_a_pipe) {
  files.add_many(20, 100);
  support::sink to{R"([{"delay_ms": 50}])"};
  for (const auto* how : {"line", "auto", "bar"}) {
    arguments options{"-w", "2", "--progress", how};
    if (how != std::string{"bar"}) options.insert(options.end(), {"--stats", "100ms"});
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 0);
    EXPECT_THAT(o.err, AllOf(Not(HasSubstr("\r")), Not(HasSubstr("\x1b"))));
    if (how == std::string{"bar"}) continue;  // the bar's interval here is the default's ten seconds
    const auto lines = support::lines_of(o.err);
    ASSERT_GE(lines.size(), 4u) << o.err;
    EXPECT_THAT(lines[0],
                MatchesRegex("sluice: [0-9]+:[0-9][0-9]  [0-9]+ accepted  [0-9.,]+/s  .* 2 in flight"));
  }
}

TEST_F(output, progress_can_be_none) {
  files.add_many(20, 100);
  support::sink to{R"([{"delay_ms": 50}])"};
  const auto o = drain(to, {"-w", "2", "--progress", "none", "--stats", "50ms"});
  EXPECT_THAT(support::lines_of(o.err), SizeIs(2));
}

TEST_F(output, progress_is_a_bar_on_a_terminal) {
  files.add_many(40, 100);
  support::sink to{R"([{"delay_ms": 50}])"};
  auto c = send_command(to, {"-w", "2"});
  c.terminal = true;
  const auto o = run(c);
  EXPECT_EQ(o.code, 0);
  EXPECT_THAT(o.err, AllOf(HasSubstr("\r\x1b[K[="), HasSubstr(" % "), HasSubstr("/40  "),
                           HasSubstr("sluice: 40 accepted")));
  EXPECT_THAT(o.err, HasSubstr("[==============================] 100 % 40/40  ")) << "the last one stays";
  // One line is between two redraws, and it fits.
  std::size_t begin = 0;
  for (auto at = o.err.find("\r\x1b[K"); at != std::string::npos; at = o.err.find("\r\x1b[K", begin)) {
    const auto drawn = o.err.substr(begin, at - begin);
    if (begin > 0) {
      EXPECT_LE(drawn.size(), 100u) << drawn;
      EXPECT_EQ(drawn.find('\n'), std::string::npos) << drawn;
    }
    begin = at + 4;
  }
}

TEST_F(output, of_a_run_that_could_not_start_is_one_line) {
  support::sink to;
  const auto o = run(sluice({"send", room / "nothing", to.url(), "--cacert", to.ca()}));
  EXPECT_EQ(o.code, 3);
  EXPECT_THAT(support::lines_of(o.err), ElementsAre(StartsWith("sluice: cannot read '")));
}

TEST_F(output, says_why_a_run_stopped_early) {
  files.add_many(40, 100);
  support::sink to{R"([{"status": 403, "body": "key revoked"}])"};
  const auto o = drain(to);
  EXPECT_EQ(o.code, 7);
  EXPECT_THAT(
      o.err, AllOf(HasSubstr("sluice: the endpoint refuses us"), HasSubstr("403"), HasSubstr("key revoked")));
  EXPECT_THAT(o.summary.at("detail").get<std::string>(), HasSubstr("403"));
}

TEST_F(output, summary_file_that_cannot_be_written_is_an_error) {
  files.add("a", "1");
  support::sink to;
  const auto o = drain(to, {"--summary", room / "nothing/summary"});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, HasSubstr("--summary: cannot write"));
  EXPECT_THAT(to.ledger(), IsEmpty()) << "told before anything is sent";
}

}  // namespace
}  // namespace e2e
