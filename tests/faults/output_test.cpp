// Rows 19 and 20: what sluice writes itself meets a full disk, a reader that does not read, or a torn line.
#include "faults/faults.hpp"
#include "faults/inject.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::Each;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::size_t many = 700;
constexpr std::size_t pipe_size = 65'536;
const std::string long_reply = R"([{"body": ")" + std::string(400, 'r') + R"("}])";

/// Waits until the program is gone, with nobody reading what it writes.
void wait_without_reading(const support::process& p) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, p.pid(), 0));
  ASSERT_GE(fd, 0);
  pollfd gone{fd, POLLIN, 0};
  EXPECT_EQ(::poll(&gone, 1, static_cast<int>(support::process::patience.count())), 1)
      << "blocked by its own output";
  ::close(fd);
}

TEST_F(faults, row_19_unread_standard_error_does_not_stop_the_run) {
  for (const auto* lines : {"-v", "--log-json"}) {
    files.add_many(many, 10);
    support::sink to{long_reply, {"--http"}};
    support::process p{send_command(to, {lines, "--on-success", "delete"})};
    wait_without_reading(p);
    const auto o = outcome_of(p);
    EXPECT_EQ(o.code, 0);
    EXPECT_EQ(o.count("accepted"), many);
    // The part that fitted is whole lines.
    EXPECT_GT(o.err.size(), pipe_size / 2);
    EXPECT_LE(o.err.size(), pipe_size);
    EXPECT_TRUE(o.err.ends_with('\n'));
    EXPECT_THAT(support::lines_of(o.err),
                Each(AnyOf(StartsWith("20"), StartsWith("{\"v\":1,"), StartsWith("sluice: "))));
    EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
  }
}

TEST_F(faults, row_19_unread_standard_output_does_not_hold_the_run_and_lost_lines_are_an_error) {
  files.add_many(many, 10);
  support::sink to{long_reply, {"--http"}};
  support::process p{send_command(to, {"--joblog", "-", "--on-success", "delete"})};
  wait_without_reading(p);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << "the lines were asked for";
  EXPECT_THAT(o.err, testing::HasSubstr("lines of the job log '-' could not be written"));
  EXPECT_EQ(o.count("deleted"), many);
  EXPECT_THAT(files.left(), IsEmpty());
  const auto whole_lines = static_cast<std::size_t>(std::ranges::count(o.out, '\n'));
  EXPECT_GT(whole_lines, 10u);
  EXPECT_GT(o.count("log_lines_dropped"), 0u);
  EXPECT_EQ(whole_lines + o.count("log_lines_dropped"), many);
  EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
}

/// `sluice` with `words` and then `more`, for a shell.
std::string shell_line(const arguments& words, const std::string& more) {
  std::string line = SLUICE_PROGRAM;
  for (const auto& word : words) line += " '" + word + "'";
  return line + more;
}

TEST_F(faults, row_19_unread_summary_does_not_keep_the_program) {
  files.add_many(10, 10);
  support::sink to{"[]", {"--http"}};
  const arguments words{"send", files.root(), to.url(), "--on-success", "delete", "--summary", "-"};
  const auto full = "head -c " + std::to_string(pipe_size) + " /dev/zero; exec ";
  support::process p{{.arguments = {"/bin/bash", "-c", full + shell_line(words, "")}}};
  wait_without_reading(p);
  EXPECT_EQ(p.wait(), 1) << "the summary was asked for, and could not be written";
  EXPECT_THAT(p.err(), testing::HasSubstr("--summary: cannot write"));
  EXPECT_THAT(files.left(), IsEmpty());
  expect_nothing_lost(to);
}

TEST_F(faults, row_19_reader_of_the_log_that_goes_away_ends_the_run_and_nothing_is_lost) {
  files.add_many(40, 10);
  support::sink to{"[]", {"--http"}};
  const arguments words{"send", files.root(), to.url(), "--on-success", "delete",
                        "-v",   "--joblog",   "-",      "--summary",    room / "summary"};
  support::process p{
      {.arguments = {"/bin/bash", "-c", "set -o pipefail; " + shell_line(words, " 2>&1 | true")}}};
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << "not the end of a pipe: the job log was asked for";
  EXPECT_EQ(o.summary.at("reason"), "record_failed");
  EXPECT_LT(to.requests(), 40u);
  EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
}

TEST_F(faults, row_19_full_disk_ends_the_run_and_no_file_goes_without_its_line) {
  mounts made;
  if (!made.memory(room / "small", "size=4k")) GTEST_SKIP() << made.refused();
  files.add_many(40, 100);
  support::sink to;
  const auto log = (room / "small/log").string();
  const auto o = drain(to, {"--on-success", "delete", "--joblog", log, "-w", "2"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "record_failed");
  EXPECT_LT(to.requests(), 20u);
  std::size_t deleted = 0;
  for (const auto& line : support::read_job_log(log)) deleted += line.at("disposal") == "deleted" ? 1 : 0;
  EXPECT_GE(deleted, o.count("deleted"));
  EXPECT_TRUE(judged(to, o, log).clean()) << judged(to, o, log).text();
}

// Cut at each seventh byte and around each end of a line: a file whose line is not whole is sent again, with
// its first key; the others are not.
TEST_F(faults, row_20_job_log_torn_anywhere_costs_duplicates_at_most) {
  files.add_many(3, 20);
  support::sink to{"[]", {"--http"}};
  const auto log = (room / "log").string();
  ASSERT_EQ(drain(to, {"--joblog", log}).code, 0);
  const auto whole = support::content_of(log);
  std::set<std::string> keys;
  for (const auto& r : to.ledger()) keys.insert(r.key);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const auto near_an_end = std::min(at, whole.size() - 1);
    const bool edge = whole.find('\n', near_an_end > 2 ? near_an_end - 2 : 0) <= near_an_end + 1;
    if (at % 7 != 0 && !edge) continue;
    const auto kept = whole.substr(0, at);
    support::write_file(log, kept);
    // A line is whole with its last brace, whether or not its end was written.
    const bool whole_without_end = nlohmann::json::accept(kept.substr(kept.rfind('\n') + 1));
    const auto lines = static_cast<std::size_t>(std::ranges::count(kept, '\n')) + (whole_without_end ? 1 : 0);
    const auto before = to.requests();
    const auto o = drain(to, {"--joblog", log, "--resume"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(to.requests() - before, 3 - lines) << "cut at " << at;
    EXPECT_EQ(o.count("skipped"), lines);
  }
  for (const auto& r : to.ledger()) EXPECT_TRUE(keys.contains(r.key)) << "one file, one key";
  expect_all_kept();
  expect_nothing_lost(to);
}

TEST_F(faults, row_19_trace_whose_file_fails_now_and_then_costs_lines_and_nothing_else) {
  NEEDS_STRACE;
  const std::string trace = room / "trace";
  for (const auto* error : {"ENOSPC", "EIO", "EAGAIN", "EINTR"}) {
    if (files.left().empty()) files.add_many(20, 10);
    support::write_file(trace, "");
    support::sink to;
    const auto o = run(with_faults(
        send_command(to, {"--on-success", "delete", "--progress", "none", "--log-json", "--trace", trace}),
        {std::string{"write:error="} + error + ":when=2+3"}, trace));
    EXPECT_EQ(o.code, 0) << error << o.err;
    EXPECT_THAT(files.left(), IsEmpty());
    const bool lost = std::string{error} != "EINTR";
    const auto complaints = std::ranges::count_if(support::lines_of(o.err), [](const std::string& line) {
      return line.find("--trace: cannot write") != std::string::npos;
    });
    EXPECT_EQ(complaints, lost ? 1 : 0) << o.err;
    const auto lines = support::lines_of(support::content_of(trace));
    EXPECT_GT(lines.size(), 20u);
    for (const auto& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    EXPECT_TRUE(judged(to, o).clean()) << judged(to, o).text();
  }
}

}  // namespace
}  // namespace e2e
