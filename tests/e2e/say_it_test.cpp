// Errors are reported: why, how often, and what to do.
#include "e2e/e2e.hpp"
#include "e2e/watching.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class say_it : public test {
 protected:
  /// Runs the words in a shell, with `more` behind them.
  outcome in_shell(const arguments& words, const std::string& more, const std::string& before = "") const {
    std::string line = before + "exec " SLUICE_PROGRAM;
    for (const auto& word : words) line += " '" + word + "'";
    fs::remove(room / "summary");
    support::process p{{.arguments = {"/bin/bash", "-c", line + more}}};
    return outcome_of(p);
  }
  static std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
    auto lines = support::lines_of(text);
    std::erase_if(lines, [&](const auto& line) { return line.find(word) == std::string::npos; });
    return lines;
  }
};

// 300 refusals were counts, and not one reason or name.
TEST_F(say_it, refusals_are_told_with_their_reason_a_count_and_a_name) {
  for (int i = 0; i < 60; ++i) files.add("cam1/" + std::to_string(i) + ".jpg", "x");
  for (int i = 0; i < 20; ++i) files.add("cam2/" + std::to_string(i) + ".txt", "x");
  support::sink to{R"([{"match": {"name": "*.jpg"}, "status": 413, "body": "no such room"},
                       {"match": {"name": "*.txt"}, "status": 422, "body": "not a picture"}])",
                   {"--http"}};
  for (const auto& options : {arguments{}, arguments{"-q"}}) {
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 1);
    const auto lines = lines_with(o.err, " × ");
    ASSERT_THAT(lines, SizeIs(2)) << o.err;
    EXPECT_THAT(lines[0], AllOf(StartsWith("sluice: rejected: 60 × status 413"), HasSubstr("no such room"),
                                HasSubstr("e.g. 'cam1/")));
    EXPECT_THAT(lines[1], AllOf(StartsWith("sluice: rejected: 20 × status 422"), HasSubstr("not a picture"),
                                HasSubstr("e.g. 'cam2/")));
    const auto& reasons = o.summary.at("reasons");
    ASSERT_EQ(reasons.size(), 2u);
    EXPECT_EQ(reasons[0].at("fate"), "rejected");
    EXPECT_EQ(reasons[0].at("count"), 60);
    EXPECT_THAT(reasons[0].at("reason").get<std::string>(), HasSubstr("413"));
    EXPECT_THAT(reasons[0].at("example").get<std::string>(), StartsWith("cam1/"));
  }
}

TEST_F(say_it, at_most_five_reasons_are_told) {
  std::string rules;
  for (int i = 0; i < 8; ++i) {
    const std::string word(1, static_cast<char>('a' + i));
    files.add(word + ".jpg", word);
    rules += std::string(i == 0 ? "[" : ",") + R"({"match": {"name": ")" + word + R"(.jpg"}, "status": )" +
             std::to_string(i % 2 == 0 ? 413 : 422) + R"(, "body": ")" + word + "\"}";
  }
  support::sink to{rules + "]", {"--http"}};
  const auto o = drain(to);
  EXPECT_THAT(lines_with(o.err, " × "), SizeIs(5)) << o.err;
  EXPECT_EQ(o.summary.at("reasons").size(), 8u);
}

// PHP, Go and busboy lose the end of such a name, the name, or the file.
TEST_F(say_it, backslash_in_a_name_is_told_once) {
  files.add("a\\b.jpg", "1");
  files.add("c\\", "2");
  for (const auto& [options, times] :
       {std::pair{arguments{}, 1u}, std::pair{arguments{"-F", "file=@{};filename={key}"}, 0u},
        std::pair{arguments{"--form-escape"}, 0u}}) {
    support::sink to{"[]", {"--http"}};
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(lines_with(o.err, "read a backslash in a filename as an escape").size(), times) << o.err;
    const auto names = names_with(to);
    if (options == arguments{"--form-escape"}) {
      EXPECT_EQ(std::ranges::count(names, "c\\\\"), 1) << "as the sink reads it, which undoes no backslash";
    }
  }
}

TEST_F(say_it, run_that_went_well_has_no_reasons) {
  files.add("a", "1");
  support::sink to{"[]", {"--http"}};
  const auto o = drain(to);
  EXPECT_EQ(lines_with(o.err, " × ").size(), 0u);
  EXPECT_EQ(o.summary.at("reasons").size(), 0u);
}

/// A file system of its own, with room for a few lines.
class small_disk {
 public:
  explicit small_disk(const fs::path& at) : at_{at} {
    fs::create_directories(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=8k") == 0;
  }
  ~small_disk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  fs::path at_;
  bool mounted_;
};

// Three runs over 5,000 files made 13,160 uploads, each with exit code 0.
TEST_F(say_it, full_disk_under_the_job_log_ends_the_run_and_the_next_begins_none) {
  const small_disk disk{room / "small"};
  if (!disk.mounted()) GTEST_SKIP() << "no mounts here";
  files.add_many(400, 10);
  support::sink to{"[]", {"--http"}};
  const arguments options{"--joblog", room / "small/log", "--resume", "-w", "4"};
  const auto o = drain(to, options);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.summary.at("reason"), "record_failed");
  EXPECT_THAT(lines_with(o.err, "cannot be written: No space left on device"), SizeIs(1)) << o.err;
  EXPECT_LT(to.requests(), 60u);
  const auto before = to.requests();
  const auto again = drain(to, options);
  EXPECT_EQ(again.code, 1) << again.err;
  EXPECT_THAT(again.err, HasSubstr("No space left on device"));
  EXPECT_EQ(to.requests(), before) << "nothing was sent";
  EXPECT_LE(support::read_job_log(room / "small/log").size(), before);
}

TEST_F(say_it, full_device_under_the_job_log_keeps_files_and_loses_none) {
  for (const auto* mode : {"delete", "keep"}) {
    files.add_many(100, 10);
    support::sink to{"[]", {"--http"}};
    const auto o = drain(to, {"--joblog", "/dev/full", "--on-success", mode, "-w", "2"});
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.summary.at("reason"), "record_failed");
    EXPECT_THAT(lines_with(o.err, "'/dev/full' cannot be written"), SizeIs(1)) << o.err;
    EXPECT_LE(to.requests(), 8u);
    expect_all_kept();
    EXPECT_EQ(o.count("deleted"), 0u) << "no file goes without its line";
    expect_adds_up(o);
  }
}

TEST_F(say_it, watch_ends_when_its_memory_cannot_be_written) {
  files.add_many(100, 10);
  support::sink to{"[]", {"--http"}};
  for (const auto* mode : {"keep", "delete"}) {
    const auto o = run(
        sluice({"watch", files.root(), to.url(), "--joblog", "/dev/full", "--on-success", mode, "-w", "2"}));
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_THAT(lines_with(o.err, "cannot be written"), SizeIs(1)) << o.err;
  }
  expect_all_kept();
}

TEST_F(say_it, closed_standard_output_is_told_before_anything_is_sent) {
  files.add_many(5, 10);
  support::sink to{"[]", {"--http"}};
  const auto o =
      in_shell({"send", files.root(), to.url(), "--joblog", "-", "--on-success", "delete"}, " >&-");
  EXPECT_EQ(o.code, 2) << o.err;
  EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr("cannot write '-'")));
  EXPECT_EQ(to.requests(), 0u);
  expect_all_kept();
  const auto s = in_shell({"send", files.root(), to.url(), "--summary", "-"}, " >&-");
  EXPECT_EQ(s.code, 1);
  EXPECT_THAT(s.err, HasSubstr("--summary: cannot write"));
}

TEST_F(say_it, names_of_a_dry_run_that_nobody_gets_are_an_error) {
  files.add_many(3000, 1);
  for (const auto* where : {" >/dev/full", " >&-"}) {
    const auto o = in_shell({"send", files.root(), "http://127.0.0.1:1/", "-n"}, where);
    EXPECT_EQ(o.code, 1) << where << o.err;
    EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr("--dry-run: standard output"))) << where;
  }
}

TEST_F(say_it, trace_that_cannot_be_written_is_an_error) {
  files.add_many(300, 10);
  support::sink to{R"([{"delay_ms": 5}])", {"--http"}};
  const auto o = drain(to, {"--trace-window", "/dev/full"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_THAT(lines_with(o.err, "--trace-window: cannot write '/dev/full'"), SizeIs(1));
  EXPECT_EQ(o.count("accepted"), 300u);
}

struct slip {
  const char* name;
  arguments command;  ///< `SPOOL` and `URL` stand for what they say
  std::vector<std::string> says;
};
void PrintTo(const slip& s, std::ostream* out) { *out << s.name; }

class one_complaint : public say_it, public testing::WithParamInterface<slip> {};

TEST_P(one_complaint, and_no_other) {
  files.add("a", "1");
  auto words = GetParam().command;
  for (auto& word : words) {
    if (word == "SPOOL") word = files.root();
    if (word == "URL") word = "http://user-secret.example/";
  }
  const auto o = run(sluice(words));
  EXPECT_EQ(o.code, 2);
  const auto lines = support::lines_of(o.err);
  ASSERT_THAT(lines, SizeIs(1)) << o.err;
  for (const auto& word : GetParam().says) EXPECT_THAT(lines[0], HasSubstr(word));
  EXPECT_THAT(o.err, Not(HasSubstr("s3cret")));
}

INSTANTIATE_TEST_SUITE_P(
    say_it, one_complaint,
    testing::Values(
        slip{"misspelt",
             {"send", "SPOOL", "URL", "--on-sucess", "delete"},
             {"'--on-sucess'", "did you mean --on-success?"}},
        slip{"misspelt_first", {"send", "--jobog", "x", "SPOOL", "URL"}, {"did you mean --joblog?"}},
        slip{"misspelt_flag", {"send", "--dryrun", "SPOOL", "URL"}, {"did you mean --dry-run?"}},
        slip{"misspelt_secret",
             {"send", "SPOOL", "URL", "--headr", "app_key: s3cret"},
             {"did you mean --header?"}},
        slip{"misspelt_for_watch", {"watch", "SPOOL", "URL", "--rescn", "5s"}, {"did you mean --rescan?"}},
        slip{"misspelt_for_bench", {"bench", "URL", "--duraton", "5s"}, {"did you mean --duration?"}},
        slip{"like_nothing", {"send", "SPOOL", "URL", "--zzz", "x"}, {"'--zzz'", "sluice send --help"}},
        slip{"url_first", {"send", "URL", "SPOOL"}, {"the URL comes last", "sluice send"}},
        slip{"url_first_for_watch",
             {"watch", "URL", "SPOOL", "--on-success", "delete"},
             {"the URL comes last", "sluice watch"}},
        slip{"no_url", {"send", "SPOOL"}, {"no URL: write `sluice send SOURCE... URL`"}},
        slip{"no_url_for_watch",
             {"watch", "SPOOL", "--on-success", "delete"},
             {"no URL: write `sluice watch"}},
        slip{"two_urls",
             {"send", "SPOOL", "https://u:s3cret@host/a", "URL"},
             {"more than one URL", "one run for each endpoint"}},
        slip{"url_first_of_several",
             {"send", "URL", "SPOOL", "/usr/share"},
             {"write `sluice send SOURCE... URL`"}},
        slip{"no_such_config", {"send", "-K", "/nonexistent"}, {"--config: cannot read '/nonexistent'"}},
        slip{"of_another_verb",
             {"bench", "URL", "--joblog", "x"},
             {"'--joblog': an option of `sluice send` and `sluice watch`"}},
        slip{"header_without_colon",
             {"send", "SPOOL", "URL", "-H", "app_key s3cret"},
             {"--header", "without a colon", "'Name: value'", "@FILE"}}),
    [](const auto& test) { return std::string{test.param.name}; });

// Opening one waits for its reader, and so did we.
TEST_F(say_it, fifo_that_nobody_reads_is_told_and_holds_nobody) {
  files.add("a", "1");
  support::sink to{"[]", {"--http"}};
  const std::string fifo = room / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const struct {
    const char* option;
    int code;
  } table[]{{"--trace-window", 2}, {"--joblog", 2}, {"--summary", 1}};
  for (const auto& t : table) {
    const auto o = run(sluice({"send", files.root(), to.url(), t.option, fifo}));
    EXPECT_EQ(o.code, t.code) << t.option << o.err;
    EXPECT_THAT(lines_with(o.err, "fifo"), SizeIs(1)) << o.err;
  }
  const auto measured = run(sluice({"bench", to.url(), "--count", "2", "--json", fifo}));
  EXPECT_EQ(measured.code, 1);
  EXPECT_THAT(measured.err, HasSubstr("nobody reads it"));
  support::process reader{{.arguments = {"/bin/cat", fifo}}};
  EXPECT_EQ(run(sluice({"bench", to.url(), "--count", "2", "--json", fifo})).code, 0);
  EXPECT_EQ(reader.wait(), 0);
  EXPECT_THAT(reader.out(), HasSubstr("requests"));
}

TEST_F(say_it, table_that_nobody_gets_is_an_error) {
  support::sink to{"[]", {"--http"}};
  for (const auto* where : {" >&-", " >/dev/full"})
    EXPECT_EQ(in_shell({"bench", to.url(), "--count", "2"}, where).code, 1) << where;
}

TEST_F(say_it, summary_that_cannot_be_written_is_told_before_anything_is_sent) {
  files.add("a", "1");
  support::sink to{"[]", {"--http"}};
  for (const auto& where : {room / "none/summary", room.path()}) {
    const auto o = run(sluice({"send", files.root(), to.url(), "--summary", where}));
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr("--summary: cannot write")));
  }
  EXPECT_EQ(to.requests(), 0u);
}

// A watch has no end that would tell.
TEST_F(say_it, watch_tells_of_an_unknown_authority_at_once) {
  files.add("a", "1");
  support::sink to;
  support::process p{sluice({"watch", files.root(), to.url(), "--on-success", "delete"})};
  EXPECT_TRUE(p.wait_until([&] { return p.err().find("--cacert") != std::string::npos; })) << p.err();
  p.signal(SIGTERM);
  p.wait();
}

TEST_F(say_it, bench_names_what_mends_an_unknown_authority) {
  support::sink to;
  const auto o = run(sluice({"bench", to.url(), "--count", "2"}));
  EXPECT_EQ(o.code, 7);
  EXPECT_THAT(o.err, HasSubstr("--cacert"));
}

TEST_F(say_it, unknown_authority_names_the_options_that_mend_it) {
  files.add("a", "1");
  support::sink to;
  const auto o = run(send_command(to.url()));
  EXPECT_EQ(o.code, 7);
  EXPECT_THAT(lines_with(o.err, "--cacert"), SizeIs(1)) << o.err;
  EXPECT_THAT(o.err, HasSubstr("--pinnedpubkey"));
}

TEST_F(say_it, tls_to_a_port_without_it_is_told_as_that) {
  files.add("a", "1");
  support::sink to{"[]", {"--http"}};
  auto url = to.url();
  url.replace(0, 4, "https");
  const auto o = run(send_command(url, {"--retry", "0"}));
  EXPECT_NE(o.code, 0);
  EXPECT_THAT(o.err, AllOf(HasSubstr("no TLS is spoken there"), HasSubstr("http://")));
}

// A first word came after 74 seconds: when all was over.
TEST_F(say_it, silence_of_the_endpoint_is_told_after_the_first_timeout) {
  files.add("a", "1");
  // A queue that is full answers nothing, as a firewall that drops does.
  support::process p{{.arguments = {"/usr/bin/env", "python3", "-c",
                                    "import socket,sys,time\n"
                                    "s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(0)\n"
                                    "k=[]\n"
                                    "for i in range(4):\n"
                                    "  c=socket.socket(); c.setblocking(False)\n"
                                    "  c.connect_ex(s.getsockname()); k.append(c)\n"
                                    "time.sleep(0.2)\n"
                                    "print(s.getsockname()[1], flush=True)\n"
                                    "time.sleep(100)"}}};
  ASSERT_TRUE(p.wait_until([&] { return p.out().find('\n') != std::string::npos; }));
  const auto port = p.out().substr(0, p.out().find('\n'));
  support::process s{send_command("http://127.0.0.1:" + port + "/",
                                  {"--connect-timeout", "1s", "--retry", "9", "--progress", "none"})};
  const auto word = "no answer from 127.0.0.1:" + port + " within 1 s";
  EXPECT_TRUE(s.wait_until([&] { return s.err().find(word) != std::string::npos; })) << s.err();
  s.signal(SIGTERM);
  s.signal(SIGTERM);
  s.wait();
  EXPECT_THAT(lines_with(s.err(), "no answer from"), SizeIs(1));
}

}  // namespace
}  // namespace e2e
