#include "engine/run/run_files.hpp"

#include "fake_world.hpp"

#include "core/http/idempotency_key.hpp"

#include <sluice/result.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace sys = boost::system::errc;

/// A run that removes what it sent, moves what was rejected, and has a log.
config demanding() {
  auto c = fake::cfg();
  c.on_success = disposal::move_to("done"), c.on_reject = disposal::move_to("bad");
  c.job_log = "job.log", c.resume = true;
  return c;
}

struct filing_world : fake::world {
  explicit filing_world(const config& c = demanding()) : fake::world{c} {}
  std::optional<refusal> open(source from = source::directory("spool")) {
    auto refused = files_of_run.open(from, terms);
    return refused ? refused : result_of(files_of_run.read_log(stopping));
  }
  bool stopping = false;
  job_terms terms;
  run_files files_of_run{context};
};

TEST(run_files, opens_all_that_a_run_needs) {
  filing_world w;
  EXPECT_FALSE(w.open());
  ASSERT_THAT(w.files_of_run.opened().roots, testing::SizeIs(1));
  EXPECT_EQ(w.files_of_run.opened().roots.front()->path(), "spool");
  EXPECT_EQ(w.terms.move_target->path(), "done");
  EXPECT_EQ(w.terms.reject_target->path(), "bad");
  EXPECT_THAT(w.events, ElementsAre("lock "));
  EXPECT_NE(w.files_of_run.take_log(), nullptr);
  EXPECT_EQ(w.files_of_run.take_log(), nullptr) << "it has one owner";
}

TEST(run_files, refuses_a_run_for_each_step_that_fails) {
  const auto denied = make_error_code(sys::permission_denied);
  const struct {
    const char* what;
    std::function<void(fake::world&)> breaks;
    stop_reason reason;
    error_code error;
    const char* detail;
  } table[] = {
      {"source", [&](fake::world& w) { w.source_error = denied; }, stop_reason::source_unreadable,
       errc::source_unreadable, "cannot read 'gone': Permission denied"},
      {"root", [&](fake::world& w) { w.unwritable["spool"] = denied; }, stop_reason::source_unreadable,
       errc::source_unreadable, "files cannot be taken out of 'spool': Permission denied; nothing was sent"},
      {"lock of another", [&](fake::world& w) { w.lock_error = errc::locked; }, stop_reason::locked,
       errc::locked, "another instance holds 'spool'"},
      {"lock", [&](fake::world& w) { w.lock_error = denied; }, stop_reason::source_unreadable,
       errc::source_unreadable, "cannot lock 'spool': Permission denied"},
      {"target", [&](fake::world& w) { w.unopenable["done"] = denied; }, stop_reason::source_unreadable,
       errc::source_unreadable, "files cannot be moved to the directory for them: Permission denied"},
      {"target of rejected ones", [&](fake::world& w) { w.unwritable["bad"] = denied; },
       stop_reason::source_unreadable, errc::source_unreadable, "files cannot be moved"},
      {"old log", [&](fake::world& w) { w.read_log_error = denied; }, stop_reason::record_failed,
       errc::record_failed, "cannot read 'job.log': Permission denied"},
      {"log in use", [&](fake::world& w) { w.open_log_error = errc::locked; }, stop_reason::locked,
       errc::locked, "another instance holds 'job.log'"},
      {"log", [&](fake::world& w) { w.open_log_error = denied; }, stop_reason::record_failed,
       errc::record_failed, "cannot write 'job.log': Permission denied"},
      {"full disk", [&](fake::world& w) { w.open_log_error = make_error_code(sys::no_space_on_device); },
       stop_reason::record_failed, make_error_code(sys::no_space_on_device), "cannot write 'job.log'"},
  };
  for (const auto& row : table) {
    filing_world w;
    row.breaks(w);
    const auto refused = w.open();
    ASSERT_TRUE(refused) << row.what;
    EXPECT_EQ(refused->reason, row.reason) << row.what;
    EXPECT_EQ(refused->error, row.error) << row.what;
    EXPECT_THAT(refused->detail, HasSubstr(row.detail)) << row.what;
    EXPECT_EQ(w.files_of_run.take_log(), nullptr) << row.what;
  }
}

TEST(run_files, refuses_rules_that_make_no_sense) {
  filing_world w;
  auto from = source::directory("spool");
  from.select.include = {"[a"};
  const auto refused = w.open(from);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->error, sys::invalid_argument);
  EXPECT_THAT(refused->detail, HasSubstr("[a"));
  EXPECT_THAT(w.events, IsEmpty()) << "nothing is opened or locked";
}

TEST(run_files, asks_for_no_more_than_the_run_will_do) {
  const auto denied = make_error_code(sys::permission_denied);
  auto keeps = fake::cfg();
  filing_world keeping{keeps};
  keeping.unwritable["spool"] = denied;
  EXPECT_FALSE(keeping.open()) << "nothing is taken out";

  auto dry = demanding();
  dry.dry_run = true;
  filing_world looking{dry};
  looking.unwritable["spool"] = looking.unwritable["done"] = denied;
  looking.lock_error = errc::locked, looking.open_log_error = denied;
  EXPECT_FALSE(looking.open()) << "nothing is done";
  EXPECT_EQ(looking.files_of_run.take_log(), nullptr);

  filing_world list{keeps};
  list.lock_error = errc::locked;
  EXPECT_FALSE(list.open(source::list("names"))) << "there is nothing to lock";
  keeps.lock_file = "the.lock";
  filing_world locked_list{keeps};
  locked_list.lock_error = errc::locked;
  EXPECT_THAT(locked_list.open(source::list("names"))->detail, HasSubstr("'the.lock'"));
}

TEST(run_files, locks_the_places_of_its_shard) {
  filing_world w{fake::cfg()};
  ASSERT_FALSE(w.open());
  EXPECT_EQ(w.locked_places, core::all_places);
  auto from = source::directory("spool");
  from.select.shard = shard{2, 4};
  filing_world part{fake::cfg()};
  ASSERT_FALSE(part.open(from));
  EXPECT_EQ(part.locked_places, core::range_of({2, 4}));
  filing_world held{fake::cfg()};
  held.lock_error = errc::locked;
  EXPECT_EQ(held.open(from)->detail, "another instance holds 'spool', or files of shard 2/4 in it");
}

TEST(run_files, tells_once_of_a_network_where_locks_are_not_seen) {
  const auto told = [](const config& c, const source& from) {
    filing_world w{c};
    w.network_type = "NFS";
    EXPECT_FALSE(w.open(from));
    return w.notices;
  };
  const auto two = source::directories({"spool", "other"});
  const auto notices = told(fake::cfg(), two);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].what, notice::kind::shared_source);
  EXPECT_THAT(notices[0].text,
              AllOf(HasSubstr("'spool' is on NFS"), HasSubstr("--shard"), HasSubstr("--lock")));
  auto part = two;
  part.select.shard = shard{1, 1};
  EXPECT_THAT(told(fake::cfg(), part), IsEmpty());
  auto c = fake::cfg();
  c.lock_file = "the.lock";
  EXPECT_THAT(told(c, two), IsEmpty());
  c = fake::cfg();
  c.dry_run = true;
  EXPECT_THAT(told(c, two), IsEmpty());
  EXPECT_THAT(told(fake::cfg(), source::list("names")), IsEmpty());
}

TEST(run_files, looks_at_the_parents_of_named_files_as_well) {
  filing_world w;
  w.parents = {fake::make_directory("other")};
  w.unwritable["other"] = make_error_code(sys::permission_denied);
  EXPECT_THAT(w.open()->detail, HasSubstr("'other'"));
}

TEST(run_files, names_a_file_by_root_and_path) {
  filing_world w{fake::cfg()};
  w.parents = {fake::make_directory("p")};
  ASSERT_FALSE(w.open(source::directories({"a", "b"})));
  const auto& roots = w.files_of_run.opened().roots;
  std::set<std::uint64_t> places;
  for (const auto& root : {roots[0], roots[1], w.parents[0]})
    for (const auto* path : {"x", "y"}) {
      const auto place = w.files_of_run.place_of(root, path);
      EXPECT_EQ(place, w.files_of_run.place_of(root, path));
      places.insert(place);
    }
  EXPECT_EQ(places.size(), 6u);
}

/// A line of an earlier run, of a file that was sent.
std::string logged(const std::string& path, const core::file_identity& f,
                   std::optional<std::uint64_t> digest = {}) {
  file_record r;
  r.path = path, r.size = f.size, r.mtime_ns = f.mtime_ns, r.key = core::idempotency_key(path, f);
  r.fate = digest ? fate::undeletable : fate::accepted, r.digest = digest;
  return to_json(r) + "\n";
}

constexpr core::file_identity sent_before{1, 11, 5, 7'000'000'000, 7'000'000'000};

TEST(run_files, knows_what_an_earlier_run_sent_and_copies_of_it) {
  filing_world w;
  w.old_log = logged("x", sent_before);
  ASSERT_FALSE(w.open());
  const auto& root = w.files_of_run.opened().roots.front();
  auto f = sent_before;
  EXPECT_TRUE(w.files_of_run.is_known(root, "x", f));
  EXPECT_FALSE(w.files_of_run.is_known(root, "y", f));
  f.inode = 12;
  EXPECT_TRUE(w.files_of_run.is_known(root, "x", f)) << "the tree was copied";
  f.size = 6;
  EXPECT_FALSE(w.files_of_run.is_known(root, "x", f));
}

TEST(run_files, reads_the_log_in_slices_and_says_how_far_it_is) {
  filing_world w;
  w.old_log = std::string(4 << 20, 'x') + "\n" + logged("x", sent_before);
  w.log_takes = core::milliseconds{1};
  ASSERT_FALSE(w.files_of_run.open(source::directory("spool"), w.terms));
  EXPECT_EQ(w.files_of_run.log_part(), 0.0);
  bool done = false;
  asio::co_spawn(w.loop, w.files_of_run.read_log(w.stopping), [&](std::exception_ptr, auto) { done = true; });
  double last = 0;
  std::size_t slices = 0;
  for (; !done; ++slices) {
    w.loop.restart();
    w.loop.poll_one();
    const auto part = w.files_of_run.log_part();
    EXPECT_GE(part.value_or(1), last);
    last = part.value_or(1);
  }
  EXPECT_GT(slices, 32u);
  EXPECT_EQ(w.files_of_run.log_part(), std::nullopt);
  EXPECT_TRUE(w.files_of_run.is_known(w.files_of_run.opened().roots.front(), "x", sent_before));
}

TEST(run_files, reads_no_further_when_the_run_is_to_end) {
  filing_world w;
  w.old_log = std::string(4 << 20, 'x') + "\n" + logged("x", sent_before);
  w.stopping = true;
  ASSERT_FALSE(w.open());
  EXPECT_EQ(w.files_of_run.log_part(), 0.0);
  EXPECT_FALSE(w.files_of_run.is_known(w.files_of_run.opened().roots.front(), "x", sent_before));
}

TEST(run_files, of_several_roots_has_as_many_known_as_the_log_has) {
  filing_world w;
  w.old_log = logged("x", sent_before);
  ASSERT_FALSE(w.open(source::directories({"a", "b"})));
  const auto& root = w.files_of_run.opened().roots.front();
  auto copy = sent_before;
  copy.inode = 12;
  EXPECT_TRUE(w.files_of_run.is_known(root, "x", copy)) << "the other root has none";
  w.alike = {"b/x"};
  EXPECT_FALSE(w.files_of_run.is_known(root, "x", copy)) << "or one of the two would be lost";
  EXPECT_TRUE(w.files_of_run.is_known(root, "x", sent_before)) << "its key tells it apart";
}

TEST(run_files, knows_what_this_run_sent) {
  filing_world w{fake::cfg()};
  ASSERT_FALSE(w.open());
  const auto& root = w.files_of_run.opened().roots.front();
  EXPECT_FALSE(w.files_of_run.is_known(root, "x", sent_before));
  file_record r;
  r.path = "x", r.size = sent_before.size, r.mtime_ns = sent_before.mtime_ns;
  r.key = core::idempotency_key("x", sent_before);
  w.files_of_run.add_known(r);
  EXPECT_TRUE(w.files_of_run.is_known(root, "x", sent_before));
  auto copy = sent_before;
  copy.inode = 12;
  EXPECT_FALSE(w.files_of_run.is_known(root, "x", copy)) << "only this very file";
}

TEST(run_files, has_the_digest_of_what_an_earlier_run_could_not_take_away) {
  filing_world w;
  w.old_log = logged("x", sent_before, 99);
  ASSERT_FALSE(w.open());
  EXPECT_EQ(w.files_of_run.digest_of_kept("x", sent_before), 99u);
  EXPECT_EQ(w.files_of_run.digest_of_kept("y", sent_before), std::nullopt);
  auto c = demanding();
  c.on_success = disposal::keep();
  filing_world keeping{c};
  keeping.old_log = w.old_log;
  ASSERT_FALSE(keeping.open());
  EXPECT_EQ(keeping.files_of_run.digest_of_kept("x", sent_before), std::nullopt) << "nothing is taken away";
}

}  // namespace
}  // namespace sluice::engine
