// Command line over environment over file over default.
#include "e2e/e2e.hpp"

#include <filesystem>

namespace e2e {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class configuration : public test {
 protected:
  configuration() { files.add("a.jpg", "first"); }

  std::string config(const std::string& text) const {
    support::write_file(room / "config.json", text);
    return room / "config.json";
  }
  /// Source, URL and CA as members, to be followed by others.
  std::string members(const support::sink& to) const {
    return R"("source": ")" + files.root().string() + R"(", "url": ")" + to.url() + R"(", "cacert": ")" +
           to.ca() + R"(")";
  }
  outcome send(const arguments& options, std::vector<std::string> environment = {}) const {
    arguments all{"send"};
    all.insert(all.end(), options.begin(), options.end());
    auto c = sluice(all);
    c.environment = std::move(environment);
    return run(c);
  }
};

TEST_F(configuration, file_can_hold_everything) {
  support::sink to;
  const auto file = config(R"(// the nightly drain
  {
    )" + members(to) + R"(,  /* where from, where to */
    "form": ["mark=room-201", "name={name}"],
    "header": "app_key: 12ab",
    "window": 3,
    "on-success": "delete",
    "success-json": ["/code=0", "/size=5"],
    "max-time": "30s",
    "verbose": true
  })");
  const auto o = send({"--config", file});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.err, HasSubstr("accepted 200 a.jpg"));
  EXPECT_THAT(files.left(), IsEmpty());
  const auto ledger = to.ledger();
  ASSERT_EQ(ledger.size(), 1u);
  EXPECT_THAT(ledger[0].fields, ElementsAre(Pair("mark", "room-201"), Pair("name", "a.jpg")));
  EXPECT_EQ(ledger[0].line.at("headers").at("app_key"), "12ab");
}

TEST_F(configuration, environment_can_hold_everything) {
  support::sink to;
  const auto o = send({files.root()}, {"SLUICE_URL=" + to.url(), "SLUICE_CACERT=" + to.ca(),
                                       "SLUICE_FORM=mark=1\nname={name}", "SLUICE_ON_SUCCESS=delete",
                                       "SLUICE_QUIET=yes", "SLUICE_SUMMARY=" + (room / "summary").string()});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.count("deleted"), 1u);
  EXPECT_THAT(to.ledger().at(0).fields, ElementsAre(Pair("mark", "1"), Pair("name", "a.jpg")));
}

TEST_F(configuration, layers_have_an_order) {
  support::sink to;
  const auto file = config("{" + members(to) + R"(, "idempotency-header": "X-File"})");
  const std::vector<std::string> environment{"SLUICE_IDEMPOTENCY_HEADER=X-Environment"};
  EXPECT_EQ(send({"-K", config("{" + members(to) + "}")}).code, 0);
  config("{" + members(to) + R"(, "idempotency-header": "X-File"})");
  EXPECT_EQ(send({"-K", file}).code, 0);
  EXPECT_EQ(send({"-K", file}, environment).code, 0);
  EXPECT_EQ(send({"-K", file, "--idempotency-header", "X-Flag"}, environment).code, 0);
  std::vector<std::string> names;
  for (const auto& r : to.ledger())
    for (const auto* name : {"idempotency-key", "x-file", "x-environment", "x-flag"})
      if (r.line.at("headers").contains(name)) names.emplace_back(name);
  EXPECT_THAT(names, ElementsAre("idempotency-key", "x-file", "x-environment", "x-flag"));
}

// A list given on the command line takes the place of the file's; half of each would be nobody's intention.
TEST_F(configuration, lists_are_replaced_as_a_whole) {
  support::sink to;
  const auto file =
      config("{" + members(to) + R"(, "form": ["a=1", "b=2"], "header": ["x-one: 1", "x-two: 2"]})");
  EXPECT_EQ(send({"-K", file, "-F", "c=3"}, {"SLUICE_HEADER=x-three: 3"}).code, 0);
  const auto r = to.ledger().at(0);
  EXPECT_THAT(r.fields, ElementsAre(Pair("c", "3")));
  EXPECT_TRUE(r.line.at("headers").contains("x-three"));
  EXPECT_FALSE(r.line.at("headers").contains("x-one"));
}

TEST_F(configuration, flags_can_be_taken_back) {
  support::sink to;
  const auto file = config("{" + members(to) + R"(, "dry-run": true})");
  EXPECT_EQ(send({"-K", file}).code, 0);
  EXPECT_THAT(to.ledger(), IsEmpty());
  EXPECT_EQ(send({"-K", file}, {"SLUICE_DRY_RUN=no"}).code, 0);
  EXPECT_EQ(to.ledger().size(), 1u);
}

TEST_F(configuration, source_and_url_of_the_command_line_win) {
  support::sink to, other;
  files.add("sub/b.jpg", "second");
  const auto file = config("{" + members(to) + "}");
  const auto o = send({"-K", file, "--cacert", other.ca(), files / "sub", other.url()});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(to.ledger(), IsEmpty());
  EXPECT_THAT(names_with(other), ElementsAre("b.jpg"));
}

struct bad_file {
  const char* name;
  std::string text;
  std::vector<std::string> says;
};
void PrintTo(const bad_file& b, std::ostream* out) { *out << b.name; }

class configuration_file : public configuration, public testing::WithParamInterface<bad_file> {};

TEST_P(configuration_file, that_is_wrong_says_where_and_sends_nothing) {
  support::sink to;
  const auto o = send({"-K", config(GetParam().text), "--cacert", to.ca(), files.root(), to.url()});
  EXPECT_EQ(o.code, 2) << o.err;
  EXPECT_THAT(o.err, HasSubstr("config.json"));
  for (const auto& word : GetParam().says) EXPECT_THAT(o.err, HasSubstr(word));
  EXPECT_EQ(support::lines_of(o.err).size(), 1u) << o.err;
  EXPECT_EQ(to.stop().at("connections"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    configuration, configuration_file,
    testing::Values(bad_file{"unknown_key", R"({"windwo": 3})", {"windwo", "no such option"}},
                    bad_file{"config_in_config", R"({"config": "x"})", {"config: no such option"}},
                    bad_file{"text_for_flag", R"({"dry-run": "yes"})", {"dry-run", "true or false"}},
                    bad_file{"list_for_one", R"({"window": [1, 2]})", {"window", "one value"}},
                    bad_file{"object_in_list", R"({"form": [{"a": 1}]})", {"form", "string"}},
                    bad_file{"null", R"({"window": null})", {"window"}},
                    bad_file{"number_of_another_kind", R"({"window": 1.5})", {"window", "whole number"}},
                    bad_file{"negative", R"({"retry": -1})", {"retry", "whole number"}},
                    bad_file{"no_object", R"(["window", 3])", {"JSON object"}},
                    bad_file{"no_json", "{\n  \"window\": 3,\n}\n", {"line 3", "not JSON"}},
                    // The text behind the NUL byte was ignored without a word.
                    bad_file{
                        "nul_byte", std::string{"{\"window\": 3}\n\0{\"retry\": 0}", 28}, {"line 2", "NUL"}},
                    // The log would have been written to another file, "a".
                    bad_file{"nul_in_a_path", R"({"joblog": "a\u0000b"})", {"joblog", "NUL"}},
                    bad_file{"nul_in_a_list", R"({"include": ["a", "b\u0000"]})", {"include", "NUL"}},
                    bad_file{"empty", "", {"not JSON"}}),
    [](const auto& test) { return test.param.name; });

TEST_F(configuration, file_that_is_missing_is_told) {
  for (const auto& path : {room / "nothing.json", room.path()}) {
    const auto o = send({"-K", path, files.root(), "https://localhost/x"});
    EXPECT_EQ(o.code, 2);
    EXPECT_THAT(o.err, AllOf(HasSubstr("--config: cannot read"), HasSubstr(path.string())));
  }
}

TEST_F(configuration, problems_name_the_layer_they_come_from) {
  const auto o = send({files.root(), "https://localhost/x", "--retry", "many"},
                      {"SLUICE_WINDOW=0", "SLUICE_INSECURE=perhaps"});
  EXPECT_EQ(o.code, 2);
  EXPECT_THAT(o.err, AllOf(HasSubstr("--retry: 'many'"), HasSubstr("SLUICE_WINDOW: 0"),
                           HasSubstr("SLUICE_INSECURE: 'perhaps'")));
}

}  // namespace
}  // namespace e2e
