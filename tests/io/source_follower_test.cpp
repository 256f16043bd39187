#include "io/sources/source_follower.hpp"

#include "refused_call.hpp"
#include "support/loop_run.hpp"
#include "support/loop_scratch.hpp"
#include "support/turn_clock.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using kind = source_follower::step::kind;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class source_follower_test : public testing::Test {
 protected:
  source_follower_test() {
    from_.follow.emplace();
    from_.follow->rescan = 60s;
  }

  void begin(std::size_t most_bytes_listed = source_follower::most_listed) {
    error_code ec;
    roots_.clear();
    for (const auto& path : from_.roots()) roots_.push_back(directory::open(path, ec));
    ASSERT_FALSE(ec) << ec.message();
    selector_ = *core::selector::compile(from_.select);
    it_.emplace(
        ioc_.get_executor(), from_, roots_, selector_, [this] { ++news_; },
        [this](const entry& e) {
          ++asked_;
          return known_.contains(e.path);
        },
        most_bytes_listed);
  }
  /// The next that is not a turn of others.
  source_follower::step step(follow_room room = follow_room::any) {
    for (;;)
      if (auto s = it_->next(now_, wall_, room); s.is != kind::more) return s;
  }

  /// All it says until there is nothing, files by name; what the kernel told of is marked by a `!`.
  std::vector<std::string> all(follow_room room = follow_room::any) {
    std::vector<std::string> said;
    for (;;) {
      const auto s = step(room);
      switch (s.is) {
        case kind::found:
          said.push_back((s.what->from == entry::origin::told ? "!" : "") +
                         std::string{s.what->what == entry::kind::file ? "" : "-"} + s.what->path);
          break;
        case kind::more:
        case kind::waits:
        case kind::events_lost:
          break;
        case kind::nothing:
          return said;
        case kind::walk_begins:
          said.emplace_back("(");
          break;
        case kind::walk_ends:
          said.emplace_back(")");
          break;
        case kind::walk_is_torn:
          said.emplace_back("~)");
          break;
        case kind::lost:
          said.push_back("lost " + it_->lost());
          return said;
        case kind::ended:
          said.emplace_back("ended");
          return said;
      }
    }
  }

  loop::scratch dir_;
  source from_ = source::directory(dir_.path());
  std::vector<std::shared_ptr<const directory>> roots_;
  core::selector selector_;
  asio::io_context ioc_;
  int news_ = 0;
  std::set<std::string> known_;  ///< files that are done with
  std::size_t asked_ = 0;        ///< how often it was asked whether a file is
  core::steady_time now_{1h};
  core::wall_time wall_ = std::chrono::system_clock::now() + 1h;
  std::optional<source_follower> it_;
};

TEST_F(source_follower_test, walks_first_and_then_tells_what_is_finished) {
  dir_.write("a"), dir_.write(".hidden");
  begin();
  EXPECT_THAT(all(), UnorderedElementsAre("(", "a", "-.hidden", ")"));
  std::ofstream writing{dir_ / "b"};
  EXPECT_THAT(all(), IsEmpty());
  writing.close();
  dir_.write("c.part");
  fs::rename(dir_ / "c.part", dir_ / "c");
  dir_.write(".d"), dir_.write("e.tmp");
  EXPECT_THAT(all(), ElementsAre("!b", "!c"));
  EXPECT_GE(news_, 0);
}

TEST_F(source_follower_test, the_kernels_news_wake_it) {
  begin();
  all();
  dir_.write("a");
  loop::run_until(ioc_, [&] { return news_ > 0; });
  EXPECT_THAT(all(), ElementsAre("!a"));
}

TEST_F(source_follower_test, walks_again_when_its_time_has_come_and_counts_what_is_left_out_no_more) {
  dir_.write("a"), dir_.write("b.tmp");
  begin();
  all();
  now_ += 60s - 1ms;
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_LE(it_->next_at(now_, wall_), now_ + 1ms);
  now_ += 1ms;
  EXPECT_THAT(all(), ElementsAre("(", "a", ")"));
  it_->rescan(false);
  EXPECT_TRUE(it_->walking());
  EXPECT_THAT(all(), ElementsAre("(", "a", ")"));
  it_->walk_by(now_ + 5s);
  now_ += 5s;
  EXPECT_THAT(all(), ElementsAre("(", "a", ")"));
}

TEST_F(source_follower_test, what_the_kernel_tells_goes_before_what_a_walk_finds) {
  for (int i = 0; i < 10; ++i) dir_.write("old" + std::to_string(i));
  begin();
  ASSERT_EQ(step().is, kind::walk_begins);
  ASSERT_EQ(step().is, kind::found);
  dir_.write("fresh");
  const auto s = step();
  ASSERT_EQ(s.is, kind::found);
  EXPECT_EQ(s.what->path, "fresh");
  EXPECT_EQ(s.what->from, entry::origin::told);
  EXPECT_TRUE(s.what->identity);
}

TEST_F(source_follower_test, what_it_does_not_want_does_not_hide_what_it_wants) {
  begin();
  all();
  for (int i = 0; i < 3000; ++i) dir_.write("n" + std::to_string(i) + ".tmp");
  dir_.write("wanted");
  EXPECT_EQ(it_->next(now_, wall_, follow_room::any).is, kind::more) << "it lets others have their turn";
  EXPECT_THAT(all(), ElementsAre("!wanted"));
}

TEST_F(source_follower_test, in_ascending_order_the_listing_goes_first) {
  from_.order = {order::by::name};
  dir_.write("b"), dir_.write("c");
  begin();
  std::vector<std::string> seen;
  for (bool written = false; seen.size() < 3;) {
    const auto s = step();
    if (s.is == kind::found) seen.push_back(s.what->path);
    if (!seen.empty() && !std::exchange(written, true)) dir_.write("a");
  }
  EXPECT_THAT(seen, ElementsAre("b", "c", "a"));
}

// Where there is room for a few files, listing follows listing, and all are one walk.
TEST_F(source_follower_test, in_an_order_that_has_no_room_for_all_each_file_comes_once_a_walk) {
  constexpr int count = 5000;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back((i % 2 == 0 ? "a/" : "b/") + std::to_string(i));
  for (const auto& name : names) dir_.write(name);
  dir_.write(".hidden");
  std::ranges::sort(names);
  from_.order = {order::by::name};
  begin(20'000);
  auto said = all();
  EXPECT_EQ(std::erase(said, "-.hidden"), 1) << "told once";
  ASSERT_EQ(said.size(), names.size() + 2);
  EXPECT_TRUE(said.front() == "(" && said.back() == ")");
  EXPECT_TRUE(std::equal(names.begin(), names.end(), said.begin() + 1));
  it_->rescan(true);
  EXPECT_EQ(all(), said) << "kept files do not stand in the way of those behind them";
  dir_.write("c");
  EXPECT_THAT(all(), ElementsAre("!c"));
}

TEST_F(source_follower_test, in_an_order_that_has_no_room_for_all_what_cannot_be_read_is_told_once) {
  for (int i = 0; i < 3000; ++i) dir_.write(std::to_string(i));
  auto too_deep = dir_.path();
  for (std::size_t n = 0; n < directory_walker::max_depth; ++n) too_deep /= "d";
  fs::create_directories(too_deep);
  from_.order = {order::by::name};
  begin(20'000);
  const auto said = all();
  EXPECT_EQ(said.size(), 3003u);
  EXPECT_EQ(std::ranges::count_if(said, [](const auto& s) { return s.starts_with('-'); }), 1);
  EXPECT_EQ(said.back(), "~)");
}

TEST_F(source_follower_test, no_step_holds_the_loop) {
  for (int i = 0; i < 20'000; ++i) dir_.write("n" + std::to_string(i * 7919 % 20'000));
  for (int i = 0; i < 2000; ++i) fs::create_directory(dir_ / ("d" + std::to_string(i)));
  for (const auto what : {order::by::none, order::by::mtime}) {
    from_.order = {what};
    const auto longest = support::longest_turn([&](support::turn_clock& turns) {
      begin(100'000);
      std::size_t files = 0;
      for (auto is = kind::more; is != kind::nothing;) {
        const auto s = turns.measure([&] { return it_->next(now_, wall_, follow_room::any); });
        is = s.is;
        files += is == kind::found ? 1 : 0;
      }
      EXPECT_EQ(files, 20'000u);
    });
    EXPECT_LT(longest, support::turn_clock::most);
  }
}

TEST_F(source_follower_test, while_a_walk_has_to_wait_the_kernel_is_heard) {
  dir_.write("a");
  begin();
  ASSERT_EQ(step().is, kind::walk_begins);
  EXPECT_THAT(all(follow_room::told), IsEmpty());
  ASSERT_EQ(step().is, kind::found);  // the directory is watched from here on
  dir_.write("b");
  EXPECT_THAT(all(follow_room::none), IsEmpty());
  EXPECT_THAT(all(follow_room::told), ElementsAre("!b"));
}

TEST_F(source_follower_test, new_directories_are_followed_with_what_was_in_them_before_the_watch) {
  begin();
  all();
  dir_.write("d/e/before");
  dir_.write(".hidden/no");
  EXPECT_THAT(all(), Contains("!d/e/before").Times(1));
  dir_.write("d/e/after");
  EXPECT_THAT(all(), ElementsAre("!d/e/after"));
}

// Row 23: whatever comes between mkdir and the watch is found by the scan that follows the watch.
TEST_F(source_follower_test, nothing_is_missed_in_a_new_directory_whenever_it_comes) {
  begin();
  all();
  std::vector<std::string> seen, made;
  for (int i = 0; i < 200; ++i) {
    const auto path = "d" + std::to_string(i) + "/x/f";
    dir_.write(path);
    made.push_back("!" + path);
    for (int n = 0; n <= i % 7; ++n)
      if (const auto s = step(); s.is == kind::found) seen.push_back("!" + s.what->path);
    dir_.write(path + "g");
    made.push_back("!" + path + "g");
  }
  const auto rest = all();
  seen.insert(seen.end(), rest.begin(), rest.end());
  std::ranges::sort(seen), std::ranges::sort(made);
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());  // some are told of twice
  EXPECT_EQ(seen, made);
}

TEST_F(source_follower_test, a_tree_that_is_moved_in_is_walked) {
  loop::scratch elsewhere;
  elsewhere.write("t/a"), elsewhere.write("t/u/b");
  begin();
  all();
  fs::rename(elsewhere / "t", dir_ / "t");
  EXPECT_THAT(all(), UnorderedElementsAre("!t/a", "!t/u/b"));
  dir_.write("t/u/c");
  EXPECT_THAT(all(), ElementsAre("!t/u/c"));
}

TEST_F(source_follower_test, the_rules_of_the_selection_hold) {
  from_.select.include = {"*.jpg", "deep/**"};
  from_.select.max_depth = 2;
  from_.select.max_size = 3;
  begin();
  all();
  dir_.write("a.jpg"), dir_.write("b.png"), dir_.write("long.jpg", "long");
  dir_.write("deep/c"), dir_.write("deep/er/d");
  ASSERT_EQ(::mkfifo((dir_ / "fifo.jpg").c_str(), 0600), 0);
  fs::create_symlink(dir_ / "a.jpg", dir_ / "link.jpg");
  fs::rename(dir_ / "link.jpg", dir_ / "linked.jpg");
  EXPECT_THAT(all(), UnorderedElementsAre("!a.jpg", "!deep/c"));
}

TEST_F(source_follower_test, a_file_that_is_too_young_is_looked_at_again_when_it_is_old_enough) {
  from_.select.min_age = 10s;
  dir_.write("walked");
  begin();
  wall_ = std::chrono::system_clock::now();
  EXPECT_THAT(all(), ElementsAre("(", ")"));
  EXPECT_EQ(it_->too_young(), 1u);
  dir_.write("told");
  wall_ = std::chrono::system_clock::now();
  EXPECT_THAT(all(), IsEmpty());
  wall_ += 8s;
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_EQ(it_->too_young(), 2u);
  wall_ += 4s;
  EXPECT_THAT(all(), UnorderedElementsAre("!walked", "!told"));
  EXPECT_EQ(it_->too_young(), 0u);
}

TEST_F(source_follower_test, no_more_young_files_are_remembered_than_fit) {
  from_.select.min_age = 10s;
  for (std::size_t i = 0; i < source_follower::most_young + 10; ++i) dir_.write("f" + std::to_string(i));
  begin();
  wall_ = std::chrono::system_clock::now();
  EXPECT_THAT(all(), ElementsAre("(", ")"));
  EXPECT_EQ(it_->too_young(), source_follower::most_young);
  wall_ += 20s;
  EXPECT_EQ(all().size(), source_follower::most_young);
  it_->rescan(false);
  EXPECT_EQ(all().size(), source_follower::most_young + 10 + 2);
}

TEST_F(source_follower_test, the_kernel_is_heard_whatever_there_is_room_for) {
  begin();
  all();
  dir_.write("a");
  fs::create_directory(dir_ / "d");
  dir_.write("d/b");
  std::vector<std::string> waits;
  for (auto s = step(follow_room::none); s.is != kind::nothing; s = step(follow_room::none)) {
    ASSERT_NE(s.is, kind::found);
    if (s.is == kind::waits) waits.push_back(s.what->path);
  }
  EXPECT_THAT(waits, testing::IsSupersetOf({"a", "d/b"}));
  EXPECT_THAT(all(), testing::IsSupersetOf({"!a", "!d/b"}));
}

TEST_F(source_follower_test, a_walk_finds_what_was_heard_and_had_no_room) {
  begin();
  all();
  constexpr std::size_t more = core::told_queue::most_told + 10;
  for (std::size_t n = 0; n < more; ++n) {
    dir_.write(std::to_string(n));
    if (n % 256 == 0) all(follow_room::none);
  }
  all(follow_room::none);
  EXPECT_TRUE(it_->walking());
  std::set<std::string> found;
  for (auto name : all()) found.insert(name.starts_with('!') ? name.substr(1) : name);
  EXPECT_EQ(found.size(), more + 2) << "with the walk's begin and end";
}

TEST_F(source_follower_test, a_directory_whose_files_are_done_with_is_not_read_again) {
  fs::create_directories(dir_ / "d/e");
  for (const auto* path : {"a", "d/b", "d/e/c"}) dir_.write(path), known_.insert(path);
  begin();
  EXPECT_THAT(all(), UnorderedElementsAre("(", "a", "d/b", "d/e/c", ")")) << "the first walk tells of them";
  asked_ = 0;
  for (std::uint32_t n = 1; n < directory_watches::full_every; ++n) {
    it_->rescan(false);
    EXPECT_THAT(all(), ElementsAre("(", ")"));
  }
  EXPECT_LE(asked_, 3u);
  asked_ = 0;
  it_->rescan(true);
  all();
  EXPECT_EQ(asked_, 3u);
}

TEST_F(source_follower_test, each_directory_is_read_now_and_then) {
  dir_.write("a"), known_.insert("a");
  begin();
  all();
  asked_ = 0;
  for (std::uint32_t n = 0; n < directory_watches::full_every; ++n) it_->rescan(false), all();
  EXPECT_EQ(asked_, 1u);
}

TEST_F(source_follower_test, a_directory_that_changed_or_was_told_of_is_read_again) {
  fs::create_directory(dir_ / "d");
  dir_.write("d/a"), known_.insert("d/a");
  begin();
  all();
  it_->rescan(false), all();
  dir_.write("d/b.tmp");
  fs::create_hard_link(dir_ / "d/a", dir_ / "d/link");
  it_->rescan(false);
  EXPECT_THAT(all(), Contains("d/link")) << "the kernel does not tell of it";
  known_.insert("d/link");
  it_->rescan(false), all();
  std::ofstream{dir_ / "d/a"} << "more";
  known_.erase("d/a");
  EXPECT_THAT(all(), ElementsAre("!d/a"));
  it_->rescan(false);
  EXPECT_THAT(all(), Contains("d/a")) << "nobody knows what became of it";
}

TEST_F(source_follower_test, names_that_lead_elsewhere_are_forgotten) {
  fs::create_directories(dir_ / "d/e");
  fs::create_directories(dir_ / "other/e");
  dir_.write("d/e/a"), dir_.write("other/e/b");
  begin();
  all();
  fs::rename(dir_ / "d", dir_ / "moved");
  fs::create_directory_symlink(dir_ / "other", dir_ / "d");
  all();
  it_->rescan(false);
  EXPECT_THAT(all(), UnorderedElementsAre("(", "moved/e/a", "other/e/b", ")"));
}

TEST_F(source_follower_test, lost_events_are_made_up_for_by_a_walk) {
  std::size_t most = 16384;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most;
  if (most > 100'000) GTEST_SKIP() << "the queue is too long to fill: " << most;
  begin();
  all();
  dir_.write("a"), dir_.write("b");
  for (std::size_t i = 0; i < most; ++i) std::ofstream{dir_ / (i % 2 == 0 ? "a" : "b")} << "x";
  dir_.write("unheard");
  const auto said = all();
  EXPECT_THAT(said, AllOf(Contains("("), Contains("unheard"), Contains(")")));
}

TEST_F(source_follower_test, where_nothing_can_be_watched_walks_find_it) {
  apart([&] {
    ASSERT_TRUE(refuse({SYS_inotify_add_watch, ENOSPC}));
    dir_.write("a");
    begin();
    EXPECT_FALSE(it_->only_rescans());
    EXPECT_THAT(all(), ElementsAre("(", "a", ")"));
    EXPECT_TRUE(it_->only_rescans());
    dir_.write("b");
    EXPECT_THAT(all(), IsEmpty());
    now_ += 60s;
    EXPECT_THAT(all(), UnorderedElementsAre("(", "a", "b", ")"));
    it_.reset();
  });
}

TEST_F(source_follower_test, an_empty_old_directory_gives_its_watch_to_a_new_one) {
  apart([&] {
    fs::create_directories(dir_ / "old");
    fs::create_directories(dir_ / "busy");
    dir_.write("busy/a");
    begin();
    all();
    EXPECT_FALSE(it_->only_rescans());
    ASSERT_TRUE(refuse({SYS_inotify_add_watch, ENOSPC}));  // no call gets what is given back
    fs::create_directory(dir_ / "new");
    all();
    EXPECT_TRUE(it_->only_rescans());
    dir_.write("old/x"), dir_.write("busy/y");
    EXPECT_THAT(all(), ElementsAre("!busy/y"));
    now_ += 60s;
    EXPECT_THAT(all(), Contains("old/x"));
    it_.reset();
  });
}

TEST_F(source_follower_test, a_root_that_was_moved_is_lost_at_once) {
  fs::create_directory(dir_ / "root");
  from_ = source::directory(dir_ / "root");
  from_.follow.emplace();
  begin();
  all();
  EXPECT_TRUE(it_->still_there(*roots_[0]));
  fs::rename(dir_ / "root", dir_ / "other");
  EXPECT_FALSE(it_->still_there(*roots_[0]));
  EXPECT_THAT(all(follow_room::none), ElementsAre("lost " + (dir_ / "root").string()));
  fs::rename(dir_ / "other", dir_ / "root");
  EXPECT_THAT(all(), ElementsAre("lost " + (dir_ / "root").string())) << "for good";
}

TEST_F(source_follower_test, a_root_that_was_replaced_is_lost_at_the_next_look) {
  fs::create_directories(dir_ / "parent/root");
  from_ = source::directory(dir_ / "parent/root");
  from_.follow.emplace();
  begin();
  all();
  fs::rename(dir_ / "parent", dir_ / "away");  // the kernel reports nothing of this
  fs::create_directories(dir_ / "parent/root");
  now_ += source_follower::look_every;
  EXPECT_THAT(all(), ElementsAre("lost " + (dir_ / "parent/root").string()));
}

TEST_F(source_follower_test, a_walk_that_could_not_see_all_says_so) {
  apart([&] {
    dir_.write("d/a"), dir_.write("b");
    begin();
    ASSERT_EQ(step().is, kind::walk_begins);
    fs::permissions(dir_ / "d", fs::perms::none);
    if (::geteuid() == 0) return;  // root may read it
    EXPECT_THAT(all(), Contains("~)"));
    fs::permissions(dir_ / "d", fs::perms::all);
  });
}

TEST_F(source_follower_test, after_finish_it_walks_once_more_and_ends) {
  dir_.write("a");
  begin();
  all();
  dir_.write("b");
  it_->finish();
  EXPECT_THAT(all(), AllOf(Contains("a"), Contains(testing::AnyOf("b", "!b")), Contains("ended")));
  dir_.write("c");
  EXPECT_THAT(all(), ElementsAre("ended"));
}

TEST_F(source_follower_test, finish_within_a_walk_is_followed_by_another) {
  dir_.write("a");
  begin();
  ASSERT_EQ(step().is, kind::walk_begins);
  it_->finish();
  EXPECT_THAT(all(), ElementsAre("a", ")", "(", "a", ")", "ended"));
}

TEST_F(source_follower_test, two_roots_are_told_apart) {
  loop::scratch other;
  from_ = source::directories({dir_.path(), other.path()});
  from_.follow.emplace();
  begin();
  all();
  other.write("same");
  auto s = step();
  while (s.is == kind::more) s = step();
  ASSERT_EQ(s.is, kind::found);
  EXPECT_EQ(s.what->root, roots_[1]);
  it_->look_again(roots_[1], "same");
  EXPECT_THAT(all(), ElementsAre("!same"));
}

/// Walked, told by the kernel, in a new directory, waited for until it is old enough: only its own.
TEST_F(source_follower_test, of_a_shard_tells_nothing_of_the_files_of_others) {
  constexpr std::uint32_t of = 4, ours = 2;
  from_.select.shard = shard{ours, of};
  std::vector<std::string> expected;
  const auto put = [&](const std::string& name) {
    dir_.write(name);
    if (shard_of(name, of) == ours) expected.push_back(name);
  };
  for (int n = 0; n < 20; ++n) put("walked" + std::to_string(n));
  begin();
  auto said = all();
  for (int n = 0; n < 20; ++n) put("told" + std::to_string(n)), put("new/d/file" + std::to_string(n));
  for (const auto& name : all()) said.push_back(name);
  std::erase_if(said, [](const auto& name) { return name == "(" || name == ")"; });
  for (auto& name : said) name.erase(0, name.starts_with("!") ? 1 : 0);
  std::ranges::sort(said);
  said.erase(std::ranges::unique(said).begin(),
             said.end());  // the kernel may tell twice of a new directory's
  std::ranges::sort(expected);
  EXPECT_EQ(said, expected);
  EXPECT_GT(expected.size(), 5u);
}

TEST_F(source_follower_test, of_a_shard_waits_for_its_own_young_files_only) {
  constexpr std::uint32_t of = 4, ours = 2;
  from_.select.shard = shard{ours, of};
  from_.select.min_age = 2h;
  std::size_t expected = 0;
  for (int n = 0; n < 40; ++n) {
    const auto name = "f" + std::to_string(n);
    dir_.write(name);
    expected += shard_of(name, of) == ours ? 1 : 0;
  }
  begin();
  all();
  EXPECT_EQ(it_->too_young(), expected);
}

}  // namespace
}  // namespace sluice::io
