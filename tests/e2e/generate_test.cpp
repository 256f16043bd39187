// Texts that the program makes of its own tables.
#include "e2e/e2e.hpp"

namespace e2e {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(generate, prints_each_form) {
  for (const auto& [form, beginning] :
       std::vector<std::pair<std::string, std::string>>{{"options", "# Options\n"},
                                                        {"man", ".Dd "},
                                                        {"bash", "# bash completion for sluice"},
                                                        {"zsh", "#compdef sluice\n"},
                                                        {"fish", "# fish completion for sluice"}}) {
    const auto p = support::run(sluice({"generate", form}));
    EXPECT_EQ(p.code, 0) << form;
    EXPECT_THAT(p.out, StartsWith(beginning));
    EXPECT_THAT(p.err, IsEmpty());
  }
}

TEST(generate, prints_what_is_of_one_verb) {
  EXPECT_THAT(support::run(sluice({"generate", "man", "send"})).out,
              AllOf(HasSubstr("sluice-send"), HasSubstr("shard"), Not(HasSubstr("warm\\-up"))));
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto out = support::run(sluice({"generate", shell, "bench"})).out;
    EXPECT_THAT(out, AllOf(HasSubstr("yes-i-may-load"), Not(HasSubstr("joblog")))) << shell;
  }
}

TEST(generate, says_in_one_line_what_it_cannot_make) {
  for (const auto& words : {arguments{}, arguments{"tcsh"}, arguments{"man", "fetch"},
                            arguments{"man", "send", "watch"}, arguments{"options", "send"}, arguments{""}}) {
    auto all = words;
    all.insert(all.begin(), "generate");
    const auto p = support::run(sluice(all));
    EXPECT_EQ(p.code, 2);
    EXPECT_THAT(p.err, AllOf(StartsWith("sluice: "), HasSubstr("write "))) << p.err;
    EXPECT_EQ(support::lines_of(p.err).size(), 1u) << p.err;
    EXPECT_THAT(p.out, IsEmpty());
  }
}

TEST(generate, tells_when_nobody_takes_it) {
  const auto p = support::run(
      {.arguments = {"/bin/sh", "-c", std::string{SLUICE_PROGRAM} + " generate man >/dev/full"}});
  EXPECT_EQ(p.code, 1);
  EXPECT_THAT(p.err, HasSubstr("standard output takes no more"));
}

}  // namespace
}  // namespace e2e
