// Names that a list has twice, that are not there, or that are spelt in another way; and files as sources.
#include "e2e/e2e.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class lists : public test {
 protected:
  lists() {
    for (const auto* name : {"a", "b", "sub/c"}) files.add(name, std::string{"content of "} + name);
  }
  outcome send_list(const support::sink& to, const std::string& names, arguments options = {}) const {
    support::write_file(room / "list", names);
    options.insert(options.end(), {"--files-from", room / "list", "--on-success", "delete"});
    return drain(to, options);
  }
  /// `sluice send SOURCES... URL MORE...`
  outcome send(const support::sink& to, const arguments& sources, const arguments& more = {}) const {
    arguments all{"send"};
    all.insert(all.end(), sources.begin(), sources.end());
    all.insert(all.end(), {to.url(), "--summary", room / "summary"});
    if (!to.ca().empty()) all.insert(all.end(), {"--cacert", to.ca()});
    all.insert(all.end(), more.begin(), more.end());
    auto c = sluice(all);
    c.directory = files.root();
    return run(c);
  }
  outcome in_shell(const arguments& words, const std::string& more) const {
    std::string line = "exec " SLUICE_PROGRAM;
    for (const auto& word : words) line += " '" + word + "'";
    return run({.arguments = {"/bin/bash", "-c", line + more}});
  }
};

// A list from Windows, or beside a wrong SOURCE, was `vanished` and exit code 0, with -q without a word.
TEST_F(lists, name_that_never_was_is_missing_and_told_whatever_was_asked_for) {
  support::sink to{"[]", {"--http"}};
  const auto o = send_list(to, "gone\r\na\nalso-gone\n", {"-q"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("missing"), 2u);
  EXPECT_EQ(o.count("vanished"), 2u);
  EXPECT_EQ(o.count("accepted"), 1u);
  expect_adds_up(o);
  EXPECT_THAT(support::lines_of(o.err), Contains(AllOf(HasSubstr("missing: 2 × "), HasSubstr("'gone\\x0d'"),
                                                       HasSubstr("tr -d '\\r'"))));
  EXPECT_EQ(o.summary.at("reasons").at(0).at("fate"), "missing");
}

TEST_F(lists, name_without_a_carriage_return_is_told_without_that_advice) {
  support::sink to{"[]", {"--http"}};
  const auto o = send_list(to, "gone\n");
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, AllOf(HasSubstr("missing: 1 × "), HasSubstr("'gone'"), Not(HasSubstr("carriage"))));
}

TEST_F(lists, missing_names_have_their_line_in_the_job_log) {
  support::sink to{"[]", {"--http"}};
  const auto o = send_list(to, "gone\na\nsub/gone\nb/below-a-file\n", {"--joblog", room / "log"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("missing"), 3u);
  int missing = 0;
  for (const auto& line : support::read_job_log(room / "log"))
    missing += line.at("fate") == "missing" ? 1 : 0;
  EXPECT_EQ(missing, 3);
}

TEST_F(lists, rules_orders_and_dry_runs_find_what_is_missing_too) {
  support::sink to{"[]", {"--http"}};
  for (const auto& more : {arguments{"--order-by", "size"}, arguments{"--min-size", "1"}, arguments{"-n"}}) {
    auto options = more;
    options.insert(options.end(), {"--on-success", "keep"});
    support::write_file(room / "list", "gone\na\n");
    options.insert(options.end(), {"--files-from", room / "list"});
    const auto o = drain(to, options);
    EXPECT_EQ(o.code, 1) << more[0] << o.err;
    EXPECT_EQ(o.count("missing"), 1u) << more[0];
    if (more[0] == "-n") {
      EXPECT_THAT(support::lines_of(o.out), ElementsAre("a"));
    }
  }
}

// The second time it was `changed`: its name was gone, or another upload of it was on its way.
TEST_F(lists, name_that_comes_again_is_sent_once_however_it_is_spelt) {
  support::sink to{"[]", {"--http"}};
  const auto root = files.root().string();
  const auto o = send_list(to, "a\n./a\n.//a\n" + root + "/a\n" + root + "//a\n" + root + "/./a\na\n",
                           {"-w", "8", "-v"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 1u);
  EXPECT_EQ(o.count("skipped"), 6u);
  EXPECT_EQ(o.count("changed"), 0u);
  EXPECT_THAT(to.ledger(), SizeIs(1));
  EXPECT_THAT(o.err, HasSubstr("named before by the same list"));
  expect_adds_up(o);
}

TEST_F(lists, name_that_comes_again_by_another_way_is_sent_once) {
  support::sink to{"[]", {"--http"}};
  const auto o = send_list(to, "a\nsub/../a\nsub/c\nsub/../sub/./c\n", {"-w", "4"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 2u);
  EXPECT_EQ(o.count("skipped"), 2u);
  EXPECT_THAT(to.ledger(), SizeIs(2));
}

// A system call stops at the first NUL: the first file was sent under the names of all, and removed.
TEST_F(lists, list_with_the_other_ends_is_told_as_that) {
  support::sink to{"[]", {"--http"}};
  const struct {
    const char* option;
    std::string names, says;
  } table[]{{"--files-from", std::string{"a\0b\0", 4}, "--files-from0"},
            {"--files-from0", "a\nb\n", "take --files-from"},
            {"--files-from",
             "\xef\xbb\xbf"
             "a\n",
             "byte order mark"}};
  for (const auto& t : table) {
    support::write_file(room / "list", t.names);
    const auto o = drain(to, {t.option, room / "list", "--on-success", "delete"});
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_EQ(o.count("missing"), 1u);
    EXPECT_THAT(o.err, HasSubstr(t.says));
  }
  EXPECT_THAT(to.ledger(), IsEmpty());
  expect_all_kept();
}

TEST_F(lists, names_with_dots_and_double_slashes_are_inside) {
  support::sink to{"[]", {"--http"}};
  const auto root = files.root().string();
  const auto o = send_list(to, ".//a\n" + root + "//b\n" + root + "/./sub//c\n");
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 3u);
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(lists, standard_input_that_is_closed_is_no_empty_list) {
  support::sink to{"[]", {"--http"}};
  const std::pair<const char*, const char*> options[]{
      {"--files-from", "-"},          {"--files-from0", "-"}, {"--config", "-"},
      {"--files-from", "/dev/stdin"}, {"--header", "@-"},     {"--header", "@/dev/stdin"},
      {"--cacert", "/dev/fd/0"}};
  for (const auto& [option, value] : options) {
    const auto o =
        in_shell({"send", files.root(), to.url(), option, value, "--on-success", "delete"}, " <&-");
    EXPECT_EQ(o.code, 2) << option << ' ' << value;
    EXPECT_THAT(support::lines_of(o.err), ElementsAre(AllOf(HasSubstr(option), HasSubstr("closed"))));
  }
  expect_all_kept();
}

TEST_F(lists, files_are_not_moved_to_where_they_are) {
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {files / "a", files / "b"}, {"--on-success", "move=" + files.root().string()});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err), ElementsAre(HasSubstr("is the directory of the files themselves")));
  EXPECT_THAT(to.ledger(), IsEmpty());
}

// The log had one of them, and both counted as accepted.
TEST_F(lists, files_of_two_folders_with_one_name_and_time_are_told_apart_by_resume) {
  files.add("one/x", std::string(100, '1'));
  files.add("two/x", std::string(100, '2'));
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours{5};
  for (const auto* name : {"one/x", "two/x"}) fs::last_write_time(files / name, time);
  support::sink to{"[]", {"--http"}};
  const arguments log{"--joblog", room / "log", "--resume"};
  EXPECT_EQ(send(to, {files / "one/x"}, log).code, 0);
  const auto o = send(to, {files / "one/x", files / "two/x"}, log);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 1u);
  EXPECT_EQ(o.count("skipped"), 1u);
  EXPECT_THAT(to.ledger(), SizeIs(2));
}

// Every tool of the kind takes them: `sluice send /spool/*.jpg URL`.
TEST_F(lists, file_as_a_source_is_that_file) {
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {files / "a", "sub/c"},
                      {"--on-success", "delete", "--joblog", room / "log", "-F", "path={path}"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 2u);
  EXPECT_EQ(o.count("seen"), 2u);
  EXPECT_THAT(names_with(to), ElementsAre("a", "c"));
  EXPECT_THAT(files.left(), SizeIs(1));
  std::vector<std::string> logged;
  for (const auto& line : support::read_job_log(room / "log")) logged.push_back(line.at("path"));
  EXPECT_THAT(logged, UnorderedElementsAre("a", "c"));
}

TEST_F(lists, files_and_directories_go_together_and_a_file_twice_is_sent_once) {
  fs::create_symlink(files.root(), room / "other-way");
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {"a", "sub", files / "a", room / "other-way/a", "b"}, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 3u);
  EXPECT_THAT(names_with(to), ElementsAre("a", "b", "c"));
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(lists, files_as_sources_go_through_the_rules_like_those_of_a_folder) {
  files.add("x.tmp", "unfinished");
  files.add("big", std::string(2000, 'b'));
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {"a", "x.tmp", "big", "b"}, {"--max-size", "1k", "--exclude", "b", "-w", "1"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("a"));
  EXPECT_EQ(o.count("skipped"), 3u);
}

TEST_F(lists, link_as_a_source_is_not_followed_and_that_is_said) {
  support::write_file(room / "outside", "not ours");
  fs::create_symlink(room / "outside", files / "link");
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {"link", "a"}, {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("a"));
  EXPECT_THAT(o.err, AllOf(HasSubstr("'link' is a link to a file"), HasSubstr("not followed")));
  EXPECT_TRUE(fs::is_symlink(files / "link"));
}

TEST_F(lists, folder_of_a_file_is_locked_and_moves_stay_beside_it) {
  fs::create_directory(files / "sent");
  support::sink to{R"([{"delay_ms": 2000, "times": 1}])", {"--http"}};
  support::process first{sluice({"send", files / "a", to.url()})};
  ASSERT_TRUE(first.wait_until([&] { return fs::exists("/proc/" + std::to_string(first.pid())); }));
  int code = 0;
  std::string said;
  const auto tries_until_locked = [&] {
    const auto o = send(to, {"b"}, {"--on-success", "move=" + (files / "sent").string(), "-n"});
    return o.code;
  };
  EXPECT_EQ(tries_until_locked(), 0) << "a dry run takes no lock";
  for (int i = 0; i < 40 && code != 11; ++i) {
    const auto o = send(to, {"b"}, {"--max-files", "1", "--exclude", "*"});
    code = o.code, said = o.err;
  }
  EXPECT_EQ(code, 11) << said;
  EXPECT_EQ(first.wait(), 0);
  const auto o = send(to, {"b"}, {"--on-success", "move=" + (files / "sent").string()});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_TRUE(fs::exists(files / "sent/b"));
}

TEST_F(lists, file_inside_a_source_that_is_also_named_overlaps) {
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {files.root(), files / "sub/c"});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err), ElementsAre(AllOf(HasSubstr("sub/c"), HasSubstr("overlap"))));
  expect_all_kept();
}

TEST_F(lists, log_among_the_sources_is_an_error) {
  files.add("log", "");
  support::sink to{"[]", {"--http"}};
  const auto o = send(to, {"a", "log"}, {"--joblog", files / "log"});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err),
              ElementsAre(AllOf(HasSubstr("--joblog"), HasSubstr("named as a source"))));
  expect_all_kept();
}

TEST_F(lists, file_is_nothing_to_watch) {
  const auto o = run(sluice({"watch", files / "a", "http://127.0.0.1:1/", "--on-success", "delete"}));
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(support::lines_of(o.err), ElementsAre(AllOf(HasSubstr("only directories can be watched"))));
}

TEST_F(lists, bench_takes_one_file) {
  support::sink to{"[]", {"--http"}};
  const auto o = run(sluice({"bench", to.url(), "--from", files / "a", "--count", "5", "-q"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(to.ledger().at(0).name, "a");
}

TEST_F(lists, thousands_of_files_of_one_folder_cost_no_more_than_the_folder) {
  std::vector<std::string> sources;
  for (int i = 0; i < 5000; ++i)
    files.add("m/" + std::to_string(i), "x"), sources.push_back("m/" + std::to_string(i));
  support::sink to{"[]", {"--http"}};
  const auto begun = std::chrono::steady_clock::now();
  const auto o = send(to, sources, {"-n"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(support::lines_of(o.out), SizeIs(5000));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{10});
}

}  // namespace
}  // namespace e2e
