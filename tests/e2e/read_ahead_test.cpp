// Files are opened before their turn: whoever changes or takes one meanwhile must not notice.
#include "e2e/e2e.hpp"

#include <filesystem>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class read_ahead : public test {
 protected:
  /// A drain in order of names, one at a time; it stands at the first file while `meanwhile` happens to
  /// others.
  template <class Meanwhile>
  outcome drain_while(const support::sink& to, Meanwhile meanwhile) {
    support::process p{send_command(to, {"-w", "1", "--order-by", "name", "--on-success", "delete"})};
    EXPECT_TRUE(p.wait_until([&] { return to.requests() == 1; })) << p.err();
    meanwhile();
    return outcome_of(p);
  }
};

TEST_F(read_ahead, file_that_grows_while_it_waits_is_sent_as_it_is_then) {
  for (const char* name : {"a", "b", "c"}) files.add(name, "old");
  const support::sink to{R"([{"delay_ms": 3000}, {}, {}])"};
  const auto o = drain_while(to, [&] { files.add("b", "new and longer"); });
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("deleted"), 3u);
  EXPECT_EQ(o.count("changed"), 0u);
  expect_nothing_lost(to);
  EXPECT_THAT(names_with(to), ElementsAre("a", "b", "c"));
}

TEST_F(read_ahead, file_that_is_replaced_just_before_its_turn_is_kept) {
  for (const char* name : {"a", "b", "c"}) files.add(name, "old");
  const support::sink to{R"([{"delay_ms": 300}, {}, {}])"};
  const auto o = drain_while(to, [&] {
    files.add("other", "another one");
    fs::rename(files / "other", files / "b");
  });
  EXPECT_EQ(o.count("deleted") + o.count("changed"), 3u) << o.err;
  // Opened before or after it was replaced: what is accepted is what was sent, and nothing else goes.
  expect_nothing_lost(to);
}

TEST_F(read_ahead, file_that_is_taken_away_while_it_waits_is_vanished) {
  for (const char* name : {"a", "b", "c"}) files.add(name, "old");
  const support::sink to{R"([{"delay_ms": 3000}, {}, {}])"};
  const auto o = drain_while(to, [&] { fs::remove(files / "b"); });
  EXPECT_EQ(o.count("vanished"), 1u) << o.err;
  EXPECT_EQ(o.count("deleted"), 2u);
}

// Descriptors are few: what is opened ahead leaves room for the window.
TEST_F(read_ahead, many_files_fit_under_a_low_limit_of_descriptors) {
  files.add_many(300, 100);
  const support::sink to;
  auto c = send_command(to, {"-w", "4"});
  c.descriptor_limit = 140;
  const auto o = run(c);
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.count("accepted"), 300u);
  EXPECT_EQ(o.summary.at("window").at("min"), 4);
}

}  // namespace
}  // namespace e2e
