// Manifests: a line for each file, with what is special of its request.
#include "e2e/e2e.hpp"

#include <filesystem>
#include <fstream>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class manifest : public test {
 protected:
  arguments with(const std::string& lines, arguments more = {}) const {
    support::write_file(room / "manifest", lines);
    more.insert(more.begin(), {"--files-from-json", room / "manifest"});
    return more;
  }
  static support::sink::received of(const std::vector<support::sink::received>& all,
                                    const std::string& name) {
    for (const auto& r : all)
      if (r.name == name) return r;
    throw std::runtime_error{"nobody sent " + name};
  }
};

TEST_F(manifest, gives_each_file_its_own_fields_headers_name_and_url) {
  files.add("d/a.jpg", "1"), files.add("b.jpg", "2"), files.add("not listed", "3");
  support::sink to;
  const auto own_url = to.url().substr(0, to.url().rfind('/')) + "/{@camera}/put?sig=%2B1";
  const auto o = drain(
      to, with(R"({"path":"d/a.jpg","form":{"mark":"{@camera}"},"header":{"X-Of":"a"},"camera":"cam 7"})"
               "\n\n  \n"
               R"({"path":"b.jpg","url":")" +
                   own_url + R"(","filename":"c.jpg","camera":9})",
               {"-F", "all={stem}", "-H", "X-Of: all", "--on-success", "delete"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 2u);
  const auto all = to.ledger();
  const auto a = of(all, "a.jpg"), b = of(all, "c.jpg");
  EXPECT_THAT(a.fields, ElementsAre(Pair("all", "a"), Pair("mark", "cam 7")));
  EXPECT_EQ(a.line.at("headers").value("x-of", ""), "a");
  EXPECT_EQ(b.line.at("path"), "/9/put?sig=%2B1");
  EXPECT_EQ(b.line.at("headers").value("x-of", ""), "all");
  EXPECT_THAT(files.left(), ElementsAre(Pair("not listed", testing::_)));
}

TEST_F(manifest, bad_lines_are_told_by_number_and_hold_up_nobody) {
  files.add("a", "1"), files.add("b", "2"), files.add("c", "3"), files.add("d", "4"), files.add("e", "5");
  support::sink to;
  const auto lines = std::string{} + R"({"path":"a"})" + "\nnonsense\n" + R"({"form":{}})" + "\n" +
                     R"({"path":"b","url":"https://elsewhere.example/?secret=hush"})" + "\n" + "[1]\n" +
                     R"({"path":"c","header":{"Host":"x"}})" + "\n" + R"({"path":"none"})" + "\n" +
                     R"({"path":"../a"})" + "\n{\"path\":\"d\",\"x\":\"" + std::string(70'000, 'x') +
                     "\"}\n" + R"({"path":"d","form":7})" + "\n" + R"({"path":"e"})";
  const auto o = drain(to, with(lines, {"--on-success", "delete", "--joblog", room / "log"}));
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("accepted"), 2u);
  EXPECT_EQ(o.count("bad_lines"), 4u);
  EXPECT_EQ(o.count("missing"), 1u);
  EXPECT_THAT(files.left(), ElementsAre(Pair("b", testing::_), Pair("c", testing::_), Pair("d", testing::_)));
  for (const auto* line : {"line 2 of the manifest ", "line 3 of the manifest ", "line 5 of the manifest ",
                           "line 9 of the manifest "})
    EXPECT_THAT(o.err, HasSubstr(line));
  EXPECT_THAT(o.err, HasSubstr("4 lines without a file"));
  const auto log = support::content_of(room / "log");
  EXPECT_THAT(log, HasSubstr("line 4 has a bad 'url': another scheme, host or port than"));
  EXPECT_THAT(log, HasSubstr("line 6 has a bad 'header': "));
  EXPECT_THAT(log, HasSubstr("line 10 'form' is not an object of names and texts"));
  EXPECT_THAT(log + o.err, Not(HasSubstr("hush"))) << "a signature is a secret";
  expect_nothing_lost(to);
}

TEST_F(manifest, member_that_a_line_lacks_defers_its_file) {
  files.add("a", "1"), files.add("b", "2");
  support::sink to;
  const auto o = drain(to, with(R"({"path":"a","camera":"1"})"
                                "\n"
                                R"({"path":"b","camera":null})",
                                {"-F", "camera={@camera}", "--on-success", "delete"}));
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("deferred"), 1u);
  EXPECT_THAT(names_with(to), ElementsAre("a"));
}

TEST_F(manifest, comes_from_a_pipe_and_may_be_a_job_log) {
  files.add("a", "1"), files.add("b", "2");
  support::sink down{R"([{"match": {"name": "b"}, "status": 422}])"}, to;
  EXPECT_EQ(drain(down, {"--joblog", room / "log"}).code, 1);
  auto c = send_command(to, {"--files-from-json", "-"});
  for (const auto& line : support::lines_of(support::content_of(room / "log")))
    if (nlohmann::json::parse(line).at("fate") == "rejected") c.input += line + "\n";
  const auto o = run(c);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("b"));
}

TEST_F(manifest, names_a_file_again_and_sends_it_again) {
  files.add("a", "1");
  support::sink to;
  EXPECT_EQ(drain(to, with("{\"path\":\"a\"}\n{\"path\":\"a\"}\n")).count("accepted"), 2u);
}

TEST_F(manifest, without_a_member_that_a_rule_names_sends_nothing) {
  files.add("a", "1");
  support::sink to;
  for (const auto& rule :
       {arguments{"--success-json", R"(/id="{@id}")"}, arguments{"--success-header", R"(ETag="{@id}")"}}) {
    auto words = rule;
    words.insert(words.end(), {"--on-success", "delete"});
    const auto o = drain(to, with("{\"path\":\"a\"}\n", words));
    EXPECT_EQ(o.count("deferred"), 1u) << o.err;
  }
  EXPECT_EQ(to.requests(), 0u);
  expect_all_kept();
}

TEST_F(manifest, with_a_brace_in_a_secret_does_not_show_it) {
  files.add("a", "1");
  support::sink to;
  for (const auto& line :
       {R"({"path":"a","form":{"password":"{TOPSECRET}"}})"s, R"({"path":"a","filename":"{TOPSECRET"})"s,
        R"({"path":"a","url":")"s + to.url() + R"(?pol={abc&sig=TOPSECRET"})"}) {
    const auto o = drain(to, with(line + "\n", {"-v", "--joblog", room / "log"}));
    EXPECT_EQ(o.code, 1) << o.err;
    EXPECT_THAT(o.err, Not(HasSubstr("TOPSECRET")));
    EXPECT_THAT(support::content_of(room / "log"), Not(HasSubstr("TOPSECRET")));
    EXPECT_THAT(support::content_of(room / "log"), HasSubstr("a brace in it begins no template"));
  }
}

TEST_F(manifest, goes_with_no_order_and_no_other_list) {
  support::sink to;
  const auto ordered = drain(to, with("", {"--order-by", "name"}));
  EXPECT_EQ(ordered.code, 2);
  EXPECT_THAT(ordered.err, HasSubstr("a manifest is sent in its own order"));
  const auto two = drain(to, with("", {"--files-from", "x"}));
  EXPECT_EQ(two.code, 2);
  EXPECT_THAT(two.err, AllOf(HasSubstr("--files-from-json"), HasSubstr("one list of files")));
  const auto both = drain(to, with("", {"--sidecar", "{path}.json"}));
  EXPECT_EQ(both.code, 2);
}

TEST_F(manifest, of_a_million_lines_takes_the_memory_of_one_of_a_thousand) {
  SKIP_UNDER_SANITIZER("a sanitizer's memory is not the program's");
  files.add("a", "1");
  support::sink to;
  const auto peak = [&](int lines) {
    {
      std::ofstream out{room / "manifest"};
      for (int n = 0; n < lines; ++n)
        out << R"({"path":"none )" << n << R"(","form":{"mark":"room-201"}})" << '\n';
    }
    support::process p{
        send_command(to, {"--files-from-json", room / "manifest", "-q", "--progress", "none"})};
    const auto kib = p.peak_memory();
    EXPECT_EQ(outcome_of(p).count("missing"), static_cast<std::uint64_t>(lines));
    return kib;
  };
  const auto few = peak(1000), many = peak(1'000'000);
  EXPECT_LE(many, few + 1024) << "KiB";
}

}  // namespace
}  // namespace e2e
