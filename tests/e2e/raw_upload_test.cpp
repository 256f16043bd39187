// Raw bodies, templates in URLs and headers, digests ahead of the body, and --match.
#include "e2e/e2e.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace e2e {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class raw_upload : public test {
 protected:
  outcome put(const support::sink& to, const std::string& target, arguments more = {}) const {
    const auto origin = to.url().substr(0, to.url().rfind('/'));
    for (const auto* word : {"--body", "raw", "-X", "PUT"}) more.emplace_back(word);
    more.insert(more.end(), {"--cacert", to.ca()});
    return run(send_command(origin + target, more));
  }
  static std::vector<std::string> paths(const support::sink& to) {
    std::vector<std::string> all;
    for (const auto& r : to.ledger()) all.push_back(r.line.at("path").get<std::string>());
    std::ranges::sort(all);
    return all;
  }
  static std::string header(const support::sink::received& r, const char* name) {
    return r.line.at("headers").value(name, "");
  }
};

TEST_F(raw_upload, puts_each_file_at_its_own_path_as_it_is) {
  files.add("2026/11/a b.jpg", "first");
  files.add("c#d?.txt", "--x\r\nsecond");
  files.add("empty", "");
  support::sink to;
  const auto o = put(to, "/in/{path}", {"--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(paths(to), ElementsAre("/in/2026/11/a%20b.jpg", "/in/c%23d%3F.txt", "/in/empty"));
  for (const auto& r : to.ledger()) {
    EXPECT_EQ(r.line.at("method"), "PUT");
    EXPECT_FALSE(r.key.empty());
    EXPECT_TRUE(r.fields.empty());
    EXPECT_EQ(header(r, "content-length"), std::to_string(r.size));
    if (r.name == "a b.jpg") {
      EXPECT_EQ(r.line.at("type"), "image/jpeg");
    }
  }
  EXPECT_TRUE(files.left().empty());
  EXPECT_EQ(judged(to, o).text(), "");
}

TEST_F(raw_upload, streams_a_large_file) {
  files.add("large.bin", std::string(24u << 20, 'x'));
  support::sink to;
  EXPECT_EQ(put(to, "/{name}", {"--on-success", "delete"}).code, 0);
  expect_nothing_lost(to);
  EXPECT_TRUE(files.left().empty());
}

TEST_F(raw_upload, is_sent_again_with_the_same_url_and_key) {
  files.add("a", "1");
  support::sink to{R"([{"status": [503, 200]}])"};
  const auto o = put(to, "/in/{name}?k={key}&n={random}");
  EXPECT_EQ(o.code, 0) << o.err;
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 2u);
  EXPECT_EQ(ledger[0].line.at("path"), ledger[1].line.at("path"));
  EXPECT_EQ(ledger[0].key, ledger[1].key);
}

TEST_F(raw_upload, sets_type_and_method_and_posts) {
  files.add("a.jpg", "1");
  support::sink to{"[]", {"--raw"}};
  const auto o = drain(to, {"--body", "raw", "-H", "Content-Type: image/x-raw"});
  EXPECT_EQ(o.code, 0) << o.err;
  ASSERT_EQ(to.ledger().size(), 1u);
  EXPECT_EQ(to.ledger()[0].line.at("type"), "image/x-raw");
  EXPECT_FALSE(to.ledger()[0].line.contains("method"));
  EXPECT_EQ(drain(to, {"--body", "raw", "-X", "PATCH", "-F", "file=@{};type=a/b"}).code, 0);
  EXPECT_EQ(to.ledger()[1].line.at("method"), "PATCH");
  EXPECT_EQ(to.ledger()[1].line.at("type"), "a/b");
}

TEST_F(raw_upload, of_a_file_that_has_no_place_in_the_url_holds_up_nothing_else) {
  files.add("top", "1");
  files.add("d/below", "2");
  support::sink to;
  const auto o = put(to, "/in/{dir}/{name}", {"--on-success", "delete", "--joblog", room / "log"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_EQ(o.count("accepted"), 1u);
  EXPECT_THAT(o.err, AllOf(HasSubstr("its URL would have an empty segment"), HasSubstr("'top'")));
  EXPECT_THAT(paths(to), ElementsAre("/in/d/below"));
  EXPECT_TRUE(files.left().contains("top"));
  const auto log = support::read_job_log(room / "log");
  const auto top = std::ranges::find_if(log, [](const auto& line) { return line.at("path") == "top"; });
  ASSERT_NE(top, log.end());
  EXPECT_EQ(top->at("attempts"), 0);
  EXPECT_EQ(judged(to, o, room / "log").text(), "");
}

TEST_F(raw_upload, of_a_name_with_a_line_end_writes_no_header_of_its_own) {
  files.add("a\r\nX-Admin: 1", "1");
  files.add("good", "2");
  support::sink to;
  const auto o = put(to, "/in/{path}", {"-H", "X-Path: {path}"});
  EXPECT_EQ(o.code, 1);
  EXPECT_THAT(o.err, HasSubstr("the header \"X-Path\" would have a line end"));
  EXPECT_THAT(paths(to), ElementsAre("/in/good"));
  EXPECT_EQ(put(to, "/in/{path}", {}).code, 0) << "the URL can carry it";
  EXPECT_THAT(paths(to), testing::Contains("/in/a%0D%0AX-Admin%3A%201"));
  expect_all_kept();
}

TEST_F(raw_upload, leaves_braces_in_a_header_that_are_no_template) {
  files.add("d/a.jpg", "1");
  support::sink to;
  const auto o = put(to, "/x", {"-H", R"(X-Meta: {"dir":"{dir}","n":{"a":1}} {nothing} {{name}})"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(header(to.ledger().at(0), "x-meta"), R"({"dir":"d","n":{"a":1}} {nothing} {name})");
}

TEST_F(raw_upload, is_told_what_cannot_be) {
  files.add("a", "1");
  const std::tuple<std::string, arguments, std::string> table[] = {
      {"https://{host}/in", {}, "URL: a template in the host or the port"},
      {"https://host:{size}/in", {}, "URL: a template in the host or the port"},
      {"https://host/in/{nothing}", {}, "URL: unknown template {nothing}"},
      {"https://host/in/{1}", {}, "URL: {1} is a group of --match, and there is none"},
      {"https://host/in/{name", {}, "URL: { is not closed"},
      {"https://host/in", {"-X", "GET"}, "--request: 'GET' is none of POST, PUT and PATCH"},
      {"https://host/in", {"--body", "both"}, "--body: 'both'"},
      {"https://host/in", {"--body", "raw", "-F", "a=b"}, "a raw body is the file alone"},
      {"https://host/in", {"--body", "raw", "--form-escape"}, "a raw body has no names"},
      {"https://host/in", {"-H", "Content-Type: a/b"}, "Content-Type\" is written by sluice itself"},
      {"https://host/in", {"--idempotency-header", "{sha256}"}, "is not a header name"},
      {"https://host/in", {"-H", "Idempotency-Key: {sha256}"}, "is the idempotency header"},
      {"https://host/in", {"--match", "(a"}, "--match: '(a' is not a regular expression (RE2)"},
      {"https://host/in", {"--match", ""}, "--match: is empty"},
      {"https://host/in", {"--match", "(?P<name>a)"}, "the group 'name' has the name of a template"},
      {"https://host/in", {"--success-header", "ETag"}, "--success-header: 'ETag' is not a header"},
      {"https://host/in", {"--success-json", "/a=\"{md6}\""}, "--success-json: unknown template {md6}"},
  };
  for (const auto& [url, more, said] : table) {
    auto words = arguments{"send", files / ".", url};
    words.insert(words.end(), more.begin(), more.end());
    const auto o = run(sluice(words));
    EXPECT_EQ(o.code, 2) << said << "\n" << o.err;
    EXPECT_THAT(o.err, HasSubstr(said));
    EXPECT_EQ(std::ranges::count(o.err, '\n'), 1) << o.err;
  }
  expect_all_kept();
}

TEST_F(raw_upload, takes_values_from_the_path_and_selects_by_it) {
  files.add("cam12/2026/a.jpg", "1");
  files.add("cam7/2026/b.jpg", "2");
  files.add("other/c.jpg", "3");
  support::sink to;
  const auto o =
      put(to, "/{room}/{2}?again={1}", {"--match", "^(?P<room>cam[0-9]+)/(.*)$", "--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("skipped"), 1u);
  EXPECT_THAT(paths(to), ElementsAre("/cam12/2026/a.jpg?again=cam12", "/cam7/2026/b.jpg?again=cam7"));
  EXPECT_TRUE(files.left().contains("other/c.jpg"));
}

/// The output of a shell command.
std::string output_of(const std::string& command) {
  support::process p{{.arguments = {"/bin/sh", "-c", command}}};
  EXPECT_EQ(p.wait(), 0) << command << p.err();
  auto text = p.out();
  text.resize(std::min(text.size(), text.find_last_not_of(" \n") + 1));
  return text;
}

TEST_F(raw_upload, sends_digests_ahead_as_other_programs_compute_them) {
  files.add("some", "abc");
  files.add("empty", "");
  files.add("large.bin", std::string((5u << 20) + 17, 'z'));
  support::sink to;
  const auto o =
      put(to, "/{path}?crc={crc32}",
          {"-H", "Content-MD5: {md5:base64}", "-H", "X-Md5: {md5}", "-H", "X-Sha1: {sha1}", "-H",
           "X-Sha256: {sha256}", "-H", "X-Sha512: {sha512}", "-H", "Repr-Digest: sha-256=:{sha256:base64}:"});
  EXPECT_EQ(o.code, 0) << o.err;
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 3u);
  for (const auto& r : ledger) {
    const auto file = "'" + (files / r.name).string() + "'";
    const auto first = [&](const char* program) {
      return output_of(program + (" " + file) + " | cut -d' ' -f1");
    };
    EXPECT_EQ(header(r, "x-md5"), first("md5sum"));
    EXPECT_EQ(header(r, "x-sha1"), first("sha1sum"));
    EXPECT_EQ(header(r, "x-sha256"), first("sha256sum"));
    EXPECT_EQ(header(r, "x-sha512"), first("sha512sum"));
    EXPECT_EQ(header(r, "content-md5"), output_of("openssl dgst -md5 -binary " + file + " | openssl base64"));
    EXPECT_EQ(header(r, "repr-digest"),
              "sha-256=:" + output_of("openssl dgst -sha256 -binary " + file + " | openssl base64") + ":");
    // gzip ends in the sum and the length, both with the least byte first.
    const auto crc =
        output_of("gzip -c " + file + " | tail -c 8 | head -c 4 | od -An -tx4 --endian=little | tr -d ' '");
    EXPECT_EQ(r.line.at("path"), "/" + r.name + "?crc=" + crc);
  }
}

TEST_F(raw_upload, of_bytes_that_change_behind_the_digest_that_went_ahead_keeps_the_file) {
  constexpr std::size_t size = 3u << 20;
  files.add("a.bin", std::string(size, 'x'));
  const auto path = (files / "a.bin").string();
  support::sink to;
  const auto origin = to.url().substr(0, to.url().rfind('/'));
  support::process p{send_command(
      origin + "/{name}", {"--cacert", to.ca(), "-X", "PUT", "--body", "raw", "-H", "X-Sha256: {sha256}",
                           "--limit-rate", "1M", "--on-success", "delete", "--settle", "0"})};
  p.wait_until([&] { return false; }, 1000ms);  // the digest is read, and the first third is on its way
  struct stat before{};
  ASSERT_EQ(::stat(path.c_str(), &before), 0);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(::pwrite(fd, "y", 1, size - 1), 1);
  const timespec times[2]{before.st_atim, before.st_mtim};
  ASSERT_EQ(::futimens(fd, times), 0);
  ::close(fd);
  const auto o = outcome_of(p);
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_EQ(o.count("changed"), 1u);
  EXPECT_EQ(o.count("deleted"), 0u);
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace e2e
