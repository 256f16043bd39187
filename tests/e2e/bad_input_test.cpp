// Impossible input is reported before anything is sent: what is wrong, how to mend it, all of it at once.
#include "e2e/e2e.hpp"

#include <sys/stat.h>

#include <filesystem>

namespace e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// `SPOOL`, `URL` and `ROOM` in the arguments stand for what they say.
struct mistake {
  const char* name;
  arguments command;  ///< arguments after `sluice`
  int code;
  std::vector<std::string> says;  ///< words that are in one line
};
void PrintTo(const mistake& m, std::ostream* out) { *out << m.name; }

mistake option(const char* name, arguments options, std::vector<std::string> says) {
  options.insert(options.begin(), {"send", "SPOOL", "URL"});
  return {name, std::move(options), 2, std::move(says)};
}
mistake url(const char* name, const char* text, std::vector<std::string> says) {
  return {name, {"send", "SPOOL", text}, 2, std::move(says)};
}

mistake load(const char* name, arguments options, std::vector<std::string> says) {
  options.insert(options.begin(), {"bench", "URL"});
  return {name, std::move(options), 2, std::move(says)};
}

class bad_input : public test {
 protected:
  bad_input() { files.add_many(3, 100); }

  outcome send(const support::sink& to, arguments command) const {
    const auto replace = [](std::string& text, const std::string& word, const std::string& by) {
      if (const auto at = text.find(word); at != std::string::npos) text.replace(at, word.size(), by);
    };
    for (auto& a : command)
      replace(a, "SPOOL", files.root()), replace(a, "URL", to.url()), replace(a, "ROOM", room.path());
    return run(sluice(command));
  }

  void expect_untouched(support::sink& to) const {
    expect_all_kept();
    EXPECT_EQ(to.stop().at("connections"), 0);
  }
};

class mistaken : public bad_input, public testing::WithParamInterface<mistake> {};

TEST_P(mistaken, is_told_in_one_line_and_nothing_happens) {
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, GetParam().command);
  EXPECT_EQ(o.code, GetParam().code) << o.err;
  EXPECT_EQ(o.out, "");
  const auto lines = support::lines_of(o.err);
  ASSERT_THAT(lines, SizeIs(1)) << o.err;
  EXPECT_TRUE(lines[0].starts_with("sluice: ")) << lines[0];
  for (const auto& word : GetParam().says) EXPECT_THAT(lines[0], HasSubstr(word));
  expect_untouched(to);
}

constexpr auto by_name = [](const auto& test) { return std::string{test.param.name}; };

INSTANTIATE_TEST_SUITE_P(
    bad_source, mistaken,
    testing::Values(
        mistake{"missing", {"send", "ROOM/nothing", "URL"}, 3, {"/nothing'", "No such file"}},
        mistake{
            "device", {"send", "/dev/null", "URL"}, 2, {"/dev/null", "neither a directory nor a regular"}},
        mistake{"root", {"send", "/", "URL"}, 2, {"'/'", "root of the file system", "name the directory"}},
        mistake{"root_in_disguise", {"send", "/usr/..", "URL"}, 2, {"root of the file system"}},
        mistake{"none", {"send", "URL"}, 2, {"no SOURCE", "name the directory"}},
        mistake{"twice", {"send", "SPOOL", "SPOOL/.", "URL"}, 2, {"given twice", "sent twice"}},
        mistake{"two_of_a_list",
                {"send", "SPOOL", "ROOM", "URL", "--files-from", "-"},
                2,
                {"--files-from", "at most one SOURCE"}}),
    by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_url, mistaken,
    testing::Values(url("without_scheme", "127.0.0.1:9/upload",
                        {"URL", "no scheme", "https://127.0.0.1:9/upload"}),
                    url("without_host", "https:///upload", {"URL", "no host", "https://host/path"}),
                    url("of_another_scheme", "ftp://localhost/upload", {"ftp", "https://"}),
                    url("with_a_bad_port", "https://localhost:99999/", {"port", "65535"}),
                    url("with_a_space", "https://localhost/a b", {"space", "%20"}),
                    url("with_a_line_end", "https://localhost/a\r\nX: y", {"control character"}),
                    url("with_a_password", "https://user:password@localhost/", {"user and password", "-u"}),
                    mistake{"missing", {"send"}, 2, {"no URL", "sluice send SOURCE... URL"}}),
    by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_request, mistaken,
    testing::Values(
        option("unknown_template", {"-F", "x={nope}"}, {"--form", "'x'", "{nope}", "{now_ms}", "{{"}),
        option("open_brace", {"-F", "x={now"}, {"--form", "not closed", "{{"}),
        option("unknown_template_of_the_file", {"-F", "file=@{};filename={nope}"}, {"--form", "{nope}"}),
        option("unknown_template_of_a_field_that_moves_the_cursor", {"-F", "x\n\x1b[2J={nope}"},
               {"--form", "'x\\x0a\\x1b[2J'", "{nope}"}),
        option("type_that_moves_the_cursor", {"-F", "a=@{};type=\x1b[2J"}, {"'\\x1b[2J'", "image/jpeg"}),
        option("field_without_name", {"-F", "=1"}, {"--form", "no name", "NAME=VALUE"}),
        option("field_without_equals", {"-F", "mark"}, {"--form", "'mark'", "NAME=VALUE"}),
        option("two_file_parts", {"-F", "a=@{}", "-F", "b=@{}"}, {"--form", "second file part"}),
        option("attached_file", {"-F", "a=@/etc/passwd"}, {"--form", "a=@{}"}),
        option("bad_type", {"-F", "a=@{};type=jpeg"}, {"--form", "'jpeg'", "image/jpeg"}),
        option("header_without_name", {"-H", ": x"}, {"--header", "Name: value"}),
        option("header_without_colon", {"-H", "x"}, {"--header", "Name: value"}),
        option("header_with_line_end", {"-H", "x: a\r\nContent-Length: 0"},
               {"--header", "\"x\"", "line end"}),
        option("header_with_cr", {"-H", "x: a\rb"}, {"--header", "\"x\""}),
        option("header_with_lf", {"-H", "x: a\nb"}, {"--header", "\"x\""}),
        option("header_name_with_space", {"-H", "x y: a"}, {"--header"}),
        option("header_of_ours", {"-H", "Content-Length: 1"}, {"--header", "Content-Length"}),
        option("header_of_the_key", {"-H", "idempotency-key: 1"}, {"--header", "idempotency"}),
        option("bad_key_header", {"--idempotency-header", "a b"}, {"--idempotency-header"}),
        option("bad_json_rule", {"--success-json", "code=0"}, {"--success-json"}),
        option("bad_json_value", {"--success-json", "/code=zero"}, {"--success-json"}),
        option("bad_status", {"--success-status", "200,abc"}, {"--success-status", "200,201"}),
        option("interim_status", {"--success-status", "100"}, {"--success-status", "100", "200 to 599"})),
    by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_number, mistaken,
    testing::Values(option("window_of_zero", {"-w", "0"}, {"--window", "0 uploads", "1 or more"}),
                    option("window_of_words", {"-w", "many"}, {"--window", "'many'", "whole number"}),
                    option("negative_window", {"-w", "-1"}, {"--window", "'-1'", "whole number"}),
                    option("huge_window", {"-w", "99999999999999999999"}, {"--window", "whole number"}),
                    option("time", {"-m", "soon"}, {"--max-time", "'soon'", "10s"}),
                    option("time_beyond_the_clock", {"-m", "1000000d"}, {"--max-time", "'1000000d'"}),
                    option("no_time", {"--connect-timeout", "0"}, {"--connect-timeout", "more than 0"}),
                    option("size", {"--min-size", "10x"}, {"--min-size", "'10x'", "10k"}),
                    option("rate", {"--rate", "fast"}, {"--rate", "'fast'", "50/s"}),
                    option("order", {"--order-by", "colour"}, {"--order-by", "name, mtime or size"}),
                    option("progress", {"--progress", "loud"}, {"--progress", "auto, bar, line or none"}),
                    option("tls", {"--tls-min", "1.1"}, {"--tls-min", "1.2 or 1.3"}),
                    option("glob", {"--include", "[a"}, {"--include", "[a"}),
                    option("depth_of_zero", {"--max-depth", "0"}, {"--max-depth", "nothing"}),
                    option("sizes_crossed", {"--min-size", "2", "--max-size", "1"},
                           {"--min-size", "--max-size", "no file has both"}),
                    option("ages_crossed", {"--min-age", "2d", "--max-age", "1d"},
                           {"--min-age", "--max-age", "no file has both"})),
    by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_disposal, mistaken,
    testing::Values(option("unknown", {"--on-success", "burn"}, {"--on-success", "keep, delete or move=DIR"}),
                    option("move_to_nothing", {"--on-success", "move="}, {"--on-success", "move=DIR"}),
                    option("move_to_what_is_missing", {"--on-success", "move=ROOM/nothing"},
                           {"--on-success", "nothing", "make it first"}),
                    option("move_to_a_file", {"--on-reject", "move=SPOOL/f-00001.bin"},
                           {"--on-reject", "Not a directory"}),
                    option("delete_of_the_refused", {"--on-reject", "delete"},
                           {"--on-reject", "never deleted"})),
    by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_options, mistaken,
    testing::Values(
        option("lists", {"--files-from", "-", "--files-from0", "-"},
               {"--files-from", "--files-from0", "drop one"}),
        option("more_and_less", {"-v", "-q"}, {"--verbose", "--quiet", "drop one"}),
        option("lines_and_quiet", {"--log-json", "-q"}, {"--log-json", "--quiet", "drop one"}),
        option("progress_and_quiet", {"--progress", "line", "-q"}, {"--progress", "--quiet", "drop one"}),
        option("bar_and_interval", {"--progress", "bar", "--stats", "1s"}, {"--progress", "--stats"}),
        option("dry_run_and_joblog", {"-n", "--joblog", "ROOM/log"}, {"--dry-run", "--joblog", "drop one"}),
        option("resume_alone", {"--resume"}, {"--resume", "--joblog FILE"}),
        option("resume_of_standard_output", {"--resume", "--joblog", "-"}, {"--resume", "--joblog FILE"}),
        option("both_to_standard_output", {"--joblog", "-", "--summary", "-"},
               {"--joblog", "--summary", "standard output"}),
        option("list_and_depth", {"--files-from", "-", "--max-depth", "2"}, {"--files-from", "--max-depth"})),
    by_name);

INSTANTIATE_TEST_SUITE_P(bad_command_line, mistaken,
                         testing::Values(option("unknown_option", {"--wnidow=3"},
                                                {"'--wnidow'", "no such option", "did you mean --window?"}),
                                         option("missing_value", {"--retry"}, {"--retry", "value"}),
                                         mistake{"no_verb", {}, 2, {"sluice send --help"}},
                                         mistake{
                                             "unknown_verb", {"push", "SPOOL", "URL"}, 2, {"sluice send"}}),
                         by_name);

INSTANTIATE_TEST_SUITE_P(
    bad_bench, mistaken,
    testing::Values(
        load("no_size", {"--size", "big"}, {"--size", "'big'", "2k-64k"}),
        load("range_upside_down", {"--size", "64k-2k"}, {"--size", "'64k-2k'"}),
        load("body_too_large", {"--size", "20M"}, {"--size", "8M", "--from DIR"}),
        load("bodies_beyond_memory", {"--size", "8M", "-w", "200"}, {"--window", "1G", "--from DIR"}),
        load("window_of_words", {"-w", "4,many"}, {"--window", "'4,many'", "1,4,16,64"}),
        load("window_of_nothing", {"-w", "1,,4"}, {"--window", "1,4,16,64"}),
        load("window_of_zero", {"-w", "0,4"}, {"--window", "0 uploads", "1 or more"}),
        load("huge_window", {"-w", "1,1000000", "--size", "1"}, {"--window", "1000000 uploads", "ulimit -n"}),
        load("rate", {"--rate", "fast"}, {"--rate", "'fast'", "50/s"}),
        load("rate_of_zero", {"--rate", "0"}, {"--rate", "1/h", "1000000/s"}),
        load("rate_beyond_reason", {"--rate", "1e9"}, {"--rate"}),
        load("no_time", {"--duration", "0"}, {"--duration", "no time"}),
        load("no_request", {"--count", "0"}, {"--count", "no request"}),
        load("count_and_duration", {"--count", "5", "--duration", "5s"},
             {"--count", "--duration", "drop one"}),
        load("size_and_from", {"--size", "5", "--from", "SPOOL"}, {"--size", "--from", "drop one"}),
        load("page_to_standard_output", {"--html", "-"}, {"--html", "give a file"}),
        load("page_that_cannot_be_written", {"--html", "ROOM/none/page"},
             {"--html", "none/page", "No such file"}),
        load("figures_that_cannot_be_written", {"--json", "ROOM/none/j"},
             {"--json", "none/j", "No such file"}),
        load("files_of_root", {"--from", "/"}, {"root of the file system"}),
        load("option_of_send", {"--retry=3"},
             {"'--retry'", "an option of `sluice send`", "sluice bench --help"}),
        load("form", {"-F", "a={nope}"}, {"--form", "{nope}"}),
        load("missing_value", {"--rate"}, {"--rate", "value", "sluice bench --help"}),
        mistake{"second_url", {"bench", "SPOOL", "URL"}, 2, {"more than one URL", "--from DIR"}},
        mistake{"without_url", {"bench"}, 2, {"no URL", "sluice bench URL"}},
        mistake{"foreign_host", {"bench", "http://192.0.2.1/"}, 2, {"'192.0.2.1'", "--yes-i-may-load"}},
        option("option_of_bench", {"--size=3"},
               {"'--size'", "an option of `sluice bench`", "sluice send --help"})),
    by_name);

TEST_F(bad_input, tls_files_that_are_none_are_told) {
  support::sink to;
  support::write_file(room / "junk.pem", "junk");
  ::chmod((room / "junk.pem").c_str(), 0600);
  const auto junk = (room / "junk.pem").string(), nothing = (room / "nothing.pem").string();
  for (const auto& [options, says] :
       {std::pair{arguments{"--cacert", nothing}, "--cacert: cannot read"},
        std::pair{arguments{"--cacert", junk}, "--cacert: cannot read"},
        std::pair{arguments{"--cert", junk}, "--cert: cannot read"},
        std::pair{arguments{"--cert", to.ca(), "--key", junk}, "--key: cannot use"},
        std::pair{arguments{"--key", junk}, "--key needs --cert"},
        std::pair{arguments{"--pinnedpubkey", "sha256//short"}, "--pinnedpubkey: 'sha256//short'"},
        std::pair{arguments{"-k", "--cacert", to.ca()}, "--insecure and --cacert contradict"}}) {
    arguments all{"send", "SPOOL", "URL"};
    all.insert(all.end(), options.begin(), options.end());
    const auto o = send(to, all);
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr(says)));
  }
  expect_untouched(to);
}

// Text from a pipe is read once, and reported by the name that was typed.
TEST_F(bad_input, certificates_that_come_from_a_pipe_and_are_none_are_told_of) {
  support::sink to;
  auto c = send_command(to.url(), {"--cacert", "/dev/stdin"});
  c.input = "no certificate";
  const auto o = run(c);
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, HasSubstr("--cacert: cannot read certificates from '/dev/stdin'"));
  expect_untouched(to);
}

// An absurd window names the limit and the number that fits, and that number does fit.
TEST_F(bad_input, window_over_the_descriptor_limit_is_told_with_what_fits) {
  support::sink to{"[]", {"--http"}};
  auto c = send_command(to, {"--window", "100000"});
  c.descriptor_limit = 256;
  const auto o = run(c);
  EXPECT_EQ(o.code, 2);
  ASSERT_THAT(support::lines_of(o.err), SizeIs(1));
  EXPECT_THAT(o.err, AllOf(HasSubstr("--window: 100000"), HasSubstr("limit of 256"), HasSubstr("ulimit -n")));
  expect_untouched(to);

  const auto at = o.err.find("at most ");
  ASSERT_NE(at, std::string::npos) << o.err;
  const auto fits = std::stoul(o.err.substr(at + 8));
  EXPECT_GT(fits, 16u);
  files.add_many(2 * fits, 10, "more");
  for (const auto window : {fits, fits + 1}) {
    support::sink one{R"([{"delay_ms": 100}])"};
    auto with = send_command(one, {"--window", std::to_string(window), "--joblog", room / "log"});
    with.descriptor_limit = 256;
    const auto done = run(with);
    EXPECT_EQ(done.code, window == fits ? 0 : 2) << done.err;
    EXPECT_EQ(one.stop().at("connections"), window == fits ? fits : 0);
  }
}

TEST_F(bad_input, all_of_it_is_told_in_one_run) {
  support::sink to;
  const auto o = send(to, {"send",         "ROOM/nothing",   "/",       "ftp://x",     "--window", "0",
                           "-F",           "a={nope}",       "-F",      "b={nothing}", "-H",       "x: a\nb",
                           "--on-success", "move=ROOM/none", "--retry", "x",           "-v",       "-q",
                           "--unknown",    "--success-json", "code"});
  EXPECT_EQ(o.code, 2);
  for (const auto* each : {"'/' is the root", "scheme ftp", "--window: 0", "'a': unknown template {nope}",
                           "'b': unknown template {nothing}", "--header", "--on-success", "--retry: 'x'",
                           "--verbose and --quiet", "'--unknown'", "--success-json"})
    EXPECT_THAT(o.err, HasSubstr(each));
  expect_untouched(to);
}

TEST_F(bad_input, directory_without_permission_is_a_source_that_cannot_be_read) {
  ::chmod(room.path().c_str(), 0755);
  ::chmod(files.root().c_str(), 0);
  support::sink to{"[]", {"--http"}};
  auto c = sluice({"send", files.root(), to.url()});
  c.as_nobody = true;
  const auto o = run(c);
  ::chmod(files.root().c_str(), 0755);
  EXPECT_EQ(o.code, 3) << o.err;
  EXPECT_THAT(support::lines_of(o.err),
              ElementsAre(AllOf(HasSubstr(files.root().string()), HasSubstr("Permission denied"))));
  expect_untouched(to);
}

TEST_F(bad_input, help_and_version_are_no_errors) {
  for (const auto& asked : {arguments{"--help"}, arguments{"send", "--help"}, arguments{"bench", "--help"},
                            arguments{"--version"}}) {
    const auto o = run(sluice(asked));
    EXPECT_EQ(o.code, 0);
    EXPECT_EQ(o.err, "");
    EXPECT_THAT(o.out, HasSubstr("sluice"));
  }
  const auto help = run(sluice({"send", "--help"}));
  for (const auto* option :
       {"--form", "--on-success", "--files-from0", "--resume", "--pinnedpubkey", "{now_ms}", "Exit codes"})
    EXPECT_THAT(help.out, HasSubstr(option));
  const auto bench = run(sluice({"bench", "--help"}));
  for (const auto* option : {"--form", "--size", "--yes-i-may-load", "--html", "--config", "Exit codes"})
    EXPECT_THAT(bench.out, HasSubstr(option));
  for (const auto* option : {"--on-success", "--retry", "--files-from", "--joblog", "--resume"})
    EXPECT_THAT(bench.out, testing::Not(HasSubstr(option)));
}

}  // namespace
}  // namespace e2e
