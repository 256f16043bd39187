// Side-cars: a small file beside each, with what is special of its request.
#include "e2e/watching.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

namespace e2e {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class sidecars : public watching {
 protected:
  static arguments beside(arguments more = {}) {
    more.insert(more.begin(), {"--sidecar", "{path}.json"});
    return more;
  }
  arguments deleting(arguments more = {}) const {
    more.insert(more.begin(), {"--on-success", "delete"});
    return beside(more);
  }
};

TEST_F(sidecars, say_what_is_special_and_go_after_their_files) {
  files.add("d/a.jpg", "1"), files.add("d/a.jpg.json", R"({"form":{"mark":"x"},"camera":"7"})");
  files.add("lonely.json", "{}");
  support::sink to;
  const auto o = drain(to, deleting({"-F", "camera={@camera}", "--delete-empty-dirs", "--settle", "0"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(names_with(to), ElementsAre("a.jpg"));
  EXPECT_THAT(to.ledger().front().fields, ElementsAre(Pair("camera", "7"), Pair("mark", "x")));
  EXPECT_THAT(files.left(), ElementsAre(Pair("lonely.json", testing::_)));
  EXPECT_FALSE(fs::exists(files / "d"));
}

TEST_F(sidecars, that_are_missing_or_bad_defer_their_files_only) {
  files.add("missing", "1"), files.add("bad", "2"), files.add("bad.json", "{\"form\":7}");
  files.add("torn", "3"), files.add("torn.json", "{\"form\":{\"a\":");
  files.add("large", "4"), files.add("large.json", "{\"a\":\"" + std::string(70'000, 'x') + "\"}");
  files.add("elsewhere", "5"), files.add("elsewhere.json", R"({"url":"https://elsewhere.example/"})");
  files.add("good", "6"), files.add("good.json", "{}");
  fs::create_directory(files / "folder.json"), files.add("folder", "7");
  support::sink to;
  const auto o = drain(to, deleting({"--joblog", room / "log"}));
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.count("deferred"), 6u);
  EXPECT_THAT(names_with(to), ElementsAre("good"));
  const auto log = support::content_of(room / "log");
  for (const auto* why :
       {"its side-car 'missing.json' is not there", "its side-car 'bad.json' 'form' is not",
        "its side-car 'torn.json' is not JSON", "its side-car 'large.json' is longer than 64 KiB",
        "its side-car 'elsewhere.json' has a bad 'url'"})
    EXPECT_THAT(log, HasSubstr(why));
  EXPECT_FALSE(fs::exists(files / "good.json"));
  EXPECT_EQ(files.left().size(), 10u) << "all but the good one and its side-car";
}

TEST_F(sidecars, that_are_optional_hold_up_nobody) {
  files.add("a", "1"), files.add("b", "2"), files.add("b.json", R"({"form":{"mark":"x"}})");
  support::sink to;
  const auto o = drain(to, deleting({"--sidecar-optional"}));
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(files.left(), IsEmpty());
}

TEST_F(sidecars, are_moved_with_their_files_and_stay_with_those_that_are_kept) {
  files.add("d/a", "1"), files.add("d/a.json", "{}");
  support::sink to;
  EXPECT_EQ(drain(to, beside()).code, 0);
  expect_all_kept();
  fs::create_directory(room / "done");
  EXPECT_EQ(drain(to, beside({"--on-success", "move=" + (room / "done").string()})).code, 0);
  EXPECT_EQ(support::files_below(room / "done"), files.originals());
}

TEST_F(sidecars, of_a_watch_are_waited_for) {
  support::sink to;
  support::process p{watch_command(to, beside())};
  ASSERT_TRUE(ready(p)) << p.err();
  files.add("a", "1");
  std::this_thread::sleep_for(std::chrono::milliseconds{300});
  EXPECT_EQ(to.requests(), 0u);
  files.add("a.json", R"({"form":{"mark":"x"}})");
  ASSERT_TRUE(p.wait_until([&] { return files.left().empty(); })) << p.err();
  EXPECT_EQ(to.ledger().front().field("mark"), "x");
  EXPECT_EQ(stop(p).count("deferred"), 0u);
}

TEST_F(sidecars, that_may_be_of_several_files_stay_and_serve_all) {
  files.add("a.jpg", "1"), files.add("a.png", "2"), files.add("a.json", R"({"form":{"cam":"7"}})");
  support::sink to;
  const auto o = drain(
      to, {"--sidecar", "{dir}/{stem}.json", "--sidecar-optional", "-w", "1", "--on-success", "delete"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_THAT(o.err, HasSubstr("the side-car 'a.json' stays"));
  ASSERT_EQ(to.ledger().size(), 2u);
  for (const auto& r : to.ledger()) EXPECT_EQ(r.field("cam"), "7");
  EXPECT_EQ(files.left().size(), 1u);
}

TEST_F(sidecars, of_absolute_names_are_read_where_they_are) {
  files.add("a", "1"), files.add("a.json", R"({"form":{"cam":"7"}})");
  support::sink to;
  support::write_file(room / "list", (files / "a").string() + "\n");
  const auto o = run(sluice({"send", to.url(), "--cacert", to.ca(), "--files-from", room / "list",
                             "--sidecar", "{path}.json", "--on-success", "delete", "--settle", "0"}));
  EXPECT_EQ(o.code, 0) << o.err;
  ASSERT_EQ(to.ledger().size(), 1u);
  EXPECT_EQ(to.ledger().front().field("cam"), "7");
  EXPECT_TRUE(files.left().empty());
}

TEST_F(sidecars, whose_name_would_be_too_long_are_not_there) {
  files.add(std::string(252, 'n'), "1");
  support::sink to;
  EXPECT_EQ(drain(to, beside({"--sidecar-optional"})).code, 0);
  EXPECT_THAT(drain(to, beside()).err, HasSubstr("is not there"));
}

TEST_F(sidecars, have_a_name_that_tells_files_apart) {
  support::sink to;
  for (const auto* name : {"list.json", "{path}", "../{path}", "{size}"}) {
    const auto o = drain(to, {"--sidecar", name});
    EXPECT_EQ(o.code, 2) << name;
    EXPECT_THAT(o.err, HasSubstr("--sidecar")) << name;
  }
  EXPECT_EQ(drain(to, {"--sidecar-optional"}).code, 2);
}

}  // namespace
}  // namespace e2e
