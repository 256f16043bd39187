#include "engine/attempt/conclusion.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace sys = boost::system::errc;

/// A file `a` that was sent and is open, and a job of it.
struct concluding_world : fake::world {
  explicit concluding_world(disposal how = disposal::remove(), disposal reject = disposal::keep())
      : fake::world{rejecting(std::move(reject))} {
    who->terms_.on_success = std::move(how);
    report.file_bytes = 5;
  }
  static config rejecting(disposal reject) {
    auto c = fake::cfg();
    c.on_reject = std::move(reject);
    return c;
  }
  outcome accepted() { return end.accepted(j, f.get(), f->identity_now(), report); }
  outcome rejected(core::blame b = core::blame::file) {
    core::judgement v;
    v.verdict = core::verdict::rejected, v.blame = b, v.error = errc::refused_status, v.reason = "status 400";
    return end.rejected(j, f.get(), f->identity_now(), v);
  }
  taking take_away(core::file_identity sent, std::uint64_t digest = 42) {
    return run(end.take_away(j, *f, sent, digest)).value();
  }
  std::optional<outcome> take_away_kept() { return run(end.take_away_kept(j, *f)).value(); }
  bool is_there() const { return files.contains("a"); }

  fake::file& a = add("a");
  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  conclusion end{context};
  job j = fake::job_of(who, "a");
  std::unique_ptr<io::opened_file> f = fake::open(*this, "a");
  io::exchange_report report = fake::answered();
};

TEST(conclusion, writes_the_record_then_removes_the_name) {
  concluding_world w;
  const auto o = w.accepted();
  EXPECT_EQ(o.fate, fate::accepted);
  EXPECT_THAT(w.events, ElementsAre("record a accepted deleted", "remove a", "away a"));
  EXPECT_EQ(w.j.record.disposal, disposed::deleted);
  EXPECT_FALSE(w.j.record.digest);
}

TEST(conclusion, keeps_the_file_for_each_clause_that_is_broken) {
  const struct {
    const char* clause;
    void (*breaks)(concluding_world&);
    fate is;
    error_code error;
  } table[] = {
      {"(a) no complete reply", [](concluding_world& w) { w.report.outcome.reply.reset(); }, fate::changed,
       errc::file_changed},
      {"(a) an unframed reply", [](concluding_world& w) { w.report.outcome.reply->framed = false; },
       fate::changed, errc::file_changed},
      {"(a) another session", [](concluding_world& w) { w.report.session_as_configured = false; },
       fate::changed, errc::file_changed},
      {"(c) an early reply", [](concluding_world& w) { w.report.outcome.early = true; }, fate::changed,
       errc::file_changed},
      {"(d) fewer bytes", [](concluding_world& w) { w.report.file_bytes = 4; }, fate::changed,
       errc::file_changed},
      {"(d) another size", [](concluding_world& w) { ++w.a.is.size; }, fate::changed, errc::file_changed},
      {"(d) another time", [](concluding_world& w) { ++w.a.is.mtime_ns; }, fate::changed, errc::file_changed},
      {"(d) a change time that moved", [](concluding_world& w) { ++w.a.is.ctime_ns; }, fate::changed,
       errc::file_changed},
      {"(d) nobody can tell", [](concluding_world& w) { w.a.fstat_fails = true; }, fate::undeletable,
       make_error_code(sys::io_error)},
      {"(d) a writer", [](concluding_world& w) { w.a.has_writer = true; }, fate::undeletable,
       errc::being_written},
      {"(e) another file has the name",
       [](concluding_world& w) {
         w.a.entry = w.a.is;
         ++w.a.entry->inode;
       },
       fate::changed, errc::file_changed},
      {"(e) the name is gone", [](concluding_world& w) { w.a.entry = core::file_identity{}; }, fate::changed,
       errc::file_changed},
      {"(e) nobody can tell", [](concluding_world& w) { w.a.entry_fails = true; }, fate::undeletable,
       make_error_code(sys::io_error)},
  };
  for (const auto& how : {disposal::remove(), disposal::move_to("done")})
    for (const auto& row : table) {
      concluding_world w{how};
      row.breaks(w);
      const auto o = w.accepted();
      EXPECT_TRUE(w.is_there()) << row.clause;
      EXPECT_EQ(o.fate, row.is) << row.clause;
      EXPECT_EQ(o.error, row.error) << row.clause;
      EXPECT_THAT(o.reason, HasSubstr("accepted, but kept")) << row.clause;
      EXPECT_EQ(w.j.record.disposal, disposed::kept) << row.clause;
      for (const auto& e : w.events)
        EXPECT_THAT(e, HasSubstr("stayed")) << row.clause << ": no record of a removal";
    }
}

TEST(conclusion, notes_a_file_with_a_writer_with_the_digest_of_what_was_sent) {
  concluding_world w;
  w.a.has_writer = true;
  w.accepted();
  EXPECT_EQ(w.j.record.digest, 42u);
  EXPECT_THAT(w.events, ElementsAre(HasSubstr("stayed a: ")));
}

TEST(conclusion, looks_at_no_name_that_is_to_stay) {
  concluding_world w{disposal::keep()};
  w.a.entry_fails = w.a.has_writer = true;
  w.j.record.error = errc::busy_status, w.j.record.reason = "of an earlier attempt";
  EXPECT_EQ(w.accepted().fate, fate::accepted);
  EXPECT_THAT(w.events, IsEmpty());
  EXPECT_FALSE(w.j.record.error);
  EXPECT_THAT(w.j.record.reason, IsEmpty());
  ++w.a.is.size;
  EXPECT_EQ(w.accepted().fate, fate::changed) << "what was sent is not the file";
}

TEST(conclusion, has_nothing_to_take_away_of_a_body) {
  concluding_world w;
  EXPECT_EQ(w.end.accepted(w.j, nullptr, {}, w.report).fate, fate::accepted);
  EXPECT_THAT(w.events, IsEmpty());
}

TEST(conclusion, removes_nothing_without_a_record) {
  concluding_world w;
  w.who->spool_.records = false;
  const auto o = w.accepted();
  EXPECT_TRUE(w.is_there());
  EXPECT_EQ(o.fate, fate::undeletable);
  EXPECT_EQ(o.error, errc::record_failed);
  EXPECT_THAT(w.events, ElementsAre("record a accepted deleted")) << "and holds nothing back for it";
  EXPECT_EQ(w.j.record.disposal, disposed::kept);
  EXPECT_EQ(w.j.record.digest, 42u);
}

TEST(conclusion, tells_of_a_removal_that_failed) {
  const struct {
    disposal how;
    error_code why, error;
    const char* reason;
  } table[] = {
      {disposal::remove(), make_error_code(sys::permission_denied), make_error_code(sys::permission_denied),
       "cannot be removed: "},
      {disposal::move_to("done"), make_error_code(sys::no_space_on_device),
       make_error_code(sys::no_space_on_device), "cannot be moved: "},
      {disposal::remove(), core::obstacle::sticky_folder, errc::not_removable, "cannot be removed: "},
  };
  for (const auto& row : table) {
    concluding_world w{row.how};
    w.a.removal = {row.why, core::reach::folder};
    const auto o = w.accepted();
    EXPECT_EQ(o.fate, fate::undeletable);
    EXPECT_EQ(o.error, row.error);
    EXPECT_EQ(o.reason, row.reason + row.why.message());
    EXPECT_EQ(w.j.record.disposal, disposed::kept);
    EXPECT_EQ(w.j.record.digest, 42u);
    EXPECT_EQ(w.events.back(), "stayed a: " + row.why.message());
  }
}

TEST(conclusion, takes_nothing_out_of_a_directory_that_is_not_the_source_any_more) {
  concluding_world w;
  w.who->spool_.there = false;
  const auto o = w.accepted();
  EXPECT_EQ(o.fate, fate::undeletable);
  EXPECT_EQ(o.error, errc::source_unreadable);
  EXPECT_THAT(o.reason, HasSubstr("'spool' was moved away or replaced"));
  EXPECT_THAT(w.events, IsEmpty());
}

TEST(conclusion, moves_below_the_target_as_below_the_source) {
  const struct {
    const char* path;
    bool rooted;
    const char* to;
  } table[] = {
      {"a", true, "done/a"},       {"x/y/a", true, "done/x/y/a"}, {"x/../a", true, "done/a"},
      {"../up/a", true, "done/a"}, {"/abs/a", true, "done/a"},    {"x/a", false, "done/a"},
  };
  for (const bool opened : {true, false})
    for (const auto& row : table) {
      concluding_world w{disposal::move_to("done")};
      w.add(row.path);
      w.f = fake::open(w, row.path);
      w.j.path = row.path;
      if (!row.rooted) w.j.root = nullptr;
      if (opened) w.who->terms_.move_target = fake::make_directory("done");
      EXPECT_EQ(w.accepted().fate, fate::accepted) << row.path;
      EXPECT_EQ(w.events.at(1), std::string{"move "} + row.path + " to " + row.to);
      EXPECT_EQ(w.j.record.disposal, disposed::moved);
    }
}

TEST(conclusion, keeps_a_file_whose_target_cannot_be_opened) {
  concluding_world w{disposal::move_to("done")};
  w.unopenable["done"] = make_error_code(sys::no_such_file_or_directory);
  const auto o = w.accepted();
  EXPECT_EQ(o.fate, fate::undeletable);
  EXPECT_EQ(o.error, sys::no_such_file_or_directory);
  EXPECT_TRUE(w.is_there());
}

TEST(conclusion, keeps_a_file_for_which_there_is_no_memory) {
  concluding_world w{disposal::move_to("done")};
  w.no_memory_to_move = true;
  const auto o = w.accepted();
  EXPECT_EQ(o.fate, fate::undeletable);
  EXPECT_EQ(o.error, sys::not_enough_memory);
  EXPECT_EQ(w.j.record.disposal, disposed::kept);
}

TEST(conclusion, moves_a_rejected_file_with_its_record_first) {
  concluding_world w{disposal::remove(), disposal::move_to("bad")};
  const auto o = w.rejected();
  EXPECT_EQ(o.fate, fate::rejected);
  EXPECT_EQ(o.error, errc::refused_status);
  EXPECT_THAT(w.events, ElementsAre("record a rejected moved", "move a to bad/a", "away a"));
  EXPECT_EQ(w.j.record.reason, "status 400");
}

TEST(conclusion, keeps_a_rejected_file_of_which_anything_is_unsure) {
  const struct {
    const char* what;
    void (*breaks)(concluding_world&);
    disposal how = disposal::move_to("bad");
    core::blame blame = core::blame::file;
  } table[] = {
      {"it is to stay", [](concluding_world&) {}, disposal::keep()},
      {"we are refused", [](concluding_world&) {}, disposal::move_to("bad"), core::blame::refuses_us},
      {"the source is gone", [](concluding_world& w) { w.who->spool_.there = false; }},
      {"it changed", [](concluding_world& w) { ++w.a.is.mtime_ns; }},
      {"nobody can tell", [](concluding_world& w) { w.a.fstat_fails = true; }},
      {"another has its name", [](concluding_world& w) { w.a.entry = core::file_identity{}; }},
      {"nobody can tell of the name", [](concluding_world& w) { w.a.entry_fails = true; }},
  };
  for (const auto& row : table) {
    concluding_world w{disposal::remove(), row.how};
    row.breaks(w);
    const auto o = w.rejected(row.blame);
    EXPECT_EQ(o.fate, fate::rejected) << row.what;
    EXPECT_THAT(w.events, IsEmpty()) << row.what;
    EXPECT_EQ(w.j.record.disposal, disposed::kept) << row.what;
  }
}

// A wrong endpoint refused 300 files of 300, and all were moved.
TEST(conclusion, moves_five_rejected_files_before_any_was_accepted) {
  concluding_world w{disposal::remove(), disposal::move_to("bad")};
  const auto moved = [&] {
    if (!w.is_there()) w.add("a");
    w.f = fake::open(w, "a");
    w.rejected();
    return w.j.record.disposal == disposed::moved;
  };
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(moved());
  EXPECT_FALSE(moved());
  w.accepted();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(moved());
}

TEST(conclusion, says_why_a_rejected_file_could_not_be_moved) {
  concluding_world w{disposal::remove(), disposal::move_to("bad")};
  w.a.removal = {make_error_code(sys::permission_denied), core::reach::folder};
  EXPECT_EQ(w.rejected().reason,
            "status 400; it could not be moved: " + make_error_code(sys::permission_denied).message());
  EXPECT_EQ(w.j.record.disposal, disposed::kept);
}

TEST(conclusion, takes_away_later_what_is_still_what_was_sent) {
  using result = taking::result;
  const struct {
    const char* what;
    void (*breaks)(concluding_world&);
    result is;
  } table[] = {
      {"all is well", [](concluding_world&) {}, result::away},
      {"it was written", [](concluding_world& w) { ++w.a.is.size; }, result::not_ours},
      {"its mode was set", [](concluding_world& w) { ++w.a.is.ctime_ns; }, result::away},
      {"its bytes are others", [](concluding_world& w) { ++w.a.is.ctime_ns, w.a.digest = 43; },
       result::not_ours},
      {"its bytes cannot be read", [](concluding_world& w) { ++w.a.is.ctime_ns, w.a.digest.reset(); },
       result::not_yet},
      {"the run has ended", [](concluding_world& w) { w.who->end = errc::stopped; }, result::not_yet},
      {"the source is gone", [](concluding_world& w) { w.who->spool_.there = false; }, result::not_yet},
      {"somebody writes", [](concluding_world& w) { w.a.has_writer = true; }, result::not_yet},
      {"nobody can tell", [](concluding_world& w) { w.a.entry_fails = true; }, result::not_yet},
      {"another has its name", [](concluding_world& w) { w.a.entry = core::file_identity{}; },
       result::not_ours},
      {"no record", [](concluding_world& w) { w.who->spool_.records = false; }, result::not_yet},
      {"it cannot be removed",
       [](concluding_world& w) {
         w.a.removal = {make_error_code(sys::permission_denied), core::reach::folder};
       },
       result::not_yet},
  };
  for (const auto& row : table) {
    concluding_world w;
    const auto sent = w.a.is;
    row.breaks(w);
    w.f = fake::open(w, "a");
    EXPECT_EQ(w.take_away(sent).what, row.is) << row.what;
    EXPECT_EQ(w.is_there(), row.is != result::away) << row.what;
  }
}

TEST(conclusion, leaves_a_file_that_changes_while_it_is_taken_away) {
  concluding_world w;
  const auto sent = w.a.is;
  ++w.a.is.mtime_ns;  // the file was opened before that
  EXPECT_EQ(w.take_away(sent).what, taking::result::not_ours);
  EXPECT_TRUE(w.is_there());
}

TEST(conclusion, has_the_reason_of_a_late_removal_that_failed_in_the_record) {
  concluding_world w;
  const auto why = make_error_code(sys::permission_denied);
  w.a.removal = {why, core::reach::folder};
  EXPECT_EQ(w.take_away(w.a.is).failed.why, why);
  EXPECT_EQ(w.j.record.fate, fate::undeletable);
  EXPECT_EQ(w.j.record.error, why);
  EXPECT_EQ(w.j.record.digest, 42u);
  EXPECT_EQ(w.j.record.disposal, disposed::kept);
}

TEST(conclusion, takes_away_what_an_earlier_run_could_not) {
  concluding_world w;
  w.j.kept_digest = 42;
  const auto o = w.take_away_kept();
  ASSERT_TRUE(o);
  EXPECT_EQ(o->fate, fate::accepted);
  EXPECT_FALSE(w.is_there());
}

TEST(conclusion, sends_what_is_another_file_than_the_one_that_an_earlier_run_sent) {
  concluding_world w;
  w.j.kept_digest = 41;
  EXPECT_FALSE(w.take_away_kept());
  EXPECT_TRUE(w.j.is_another);
  EXPECT_FALSE(w.j.kept_digest);
  EXPECT_TRUE(w.is_there());
}

TEST(conclusion, tells_of_an_earlier_file_that_still_stays) {
  for (const bool recorded : {true, false}) {
    concluding_world w;
    w.j.kept_digest = 42;
    w.who->spool_.records = recorded;
    w.a.removal = {make_error_code(sys::permission_denied), core::reach::folder};
    const auto o = w.take_away_kept();
    ASSERT_TRUE(o);
    EXPECT_EQ(o->fate, fate::undeletable);
    EXPECT_EQ(o->error, errc::not_removable);
    EXPECT_THAT(o->reason, HasSubstr("accepted by an earlier run"));
    const auto stayed =
        std::ranges::count_if(w.events, [](const auto& e) { return e.starts_with("stayed"); });
    EXPECT_EQ(stayed, recorded ? 1 : 0) << "a log that failed is no obstacle of the folder";
  }
}

}  // namespace
}  // namespace sluice::engine
