#include "engine/run/run_spool.hpp"

#include "fake_world.hpp"

#include "core/http/idempotency_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
namespace sys = boost::system::errc;

config that_resumes() {
  auto c = fake::cfg();
  c.on_success = disposal::remove(), c.job_log = "job.log", c.resume = true;
  return c;
}

struct spool_world : fake::world {
  spool_world() : fake::world{that_resumes()} { add("a"); }
  /// A line of an earlier run about `a`.
  void log(fate f, std::optional<std::uint64_t> digest = {}) {
    const auto& is = files.at("a")->is;
    file_record r;
    r.path = "a", r.size = is.size, r.mtime_ns = is.mtime_ns, r.key = core::idempotency_key("a", is);
    r.fate = f, r.digest = digest;
    old_log += to_json(r) + "\n";
  }
  spool::known known() { return files_of_run.known_before(j, files.at("a")->is); }
  void open() {
    ASSERT_FALSE(files_of_run.files.open(source::directory("spool"), terms));
    ASSERT_FALSE(result_of(files_of_run.files.read_log(stopping)));
  }
  bool stopping = false;

  job_terms terms;
  run_spool files_of_run{context, {}};
  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  job j = fake::job_of(who, "a");
};

TEST(run_spool, tells_what_an_earlier_run_did_with_a_file) {
  spool_world none, accepted, kept;
  accepted.log(fate::accepted), kept.log(fate::undeletable, 99);
  for (auto* w : {&none, &accepted, &kept}) w->open();
  EXPECT_EQ(none.known(), spool::known::no);
  EXPECT_EQ(accepted.known(), spool::known::accepted);
  EXPECT_FALSE(accepted.j.kept_digest);
  EXPECT_EQ(kept.known(), spool::known::kept);
  EXPECT_EQ(kept.j.kept_digest, 99u);
}

TEST(run_spool, holds_the_folder_of_a_file_that_stayed_and_has_news_when_it_is_to_be_tried_again) {
  spool_world w;
  w.open();
  int news = 0;
  w.files_of_run.news = [&] { ++news; };
  w.files_of_run.stuck.try_again_every(10s, 60s);
  w.j.root = w.files_of_run.files.opened().roots.front();
  const auto why = make_error_code(sys::permission_denied);
  EXPECT_FALSE(w.files_of_run.held(w.j, 0));
  w.files_of_run.stayed(w.j, *fake::open(w, "a"), {why, core::reach::folder});
  EXPECT_EQ(w.files_of_run.held(w.j, 0), why);
  EXPECT_EQ(news, 1);
  EXPECT_EQ(w.files_of_run.stuck.next_try(), w.now + 10s);
}

TEST(run_spool, asks_a_followed_source_whether_a_directory_is_still_it) {
  spool_world w;
  EXPECT_TRUE(w.files_of_run.still_in_source(w.j)) << "a source that is read once is not asked";
  const auto from = source::directory("spool");
  w.files_of_run.source = w.context.world.files->follow(from, {}, {}, {}, {});
  EXPECT_TRUE(w.files_of_run.still_in_source(w.j));
  w.followed.there = false;
  EXPECT_FALSE(w.files_of_run.still_in_source(w.j));
}

TEST(run_spool, lets_a_file_be_taken_away_only_with_a_record) {
  spool_world w;
  w.open();
  w.files_of_run.records.log_to(w.files_of_run.files.take_log(), [] {});
  EXPECT_TRUE(w.files_of_run.write_record(w.j));
  w.log_failure = "full";
  EXPECT_FALSE(w.files_of_run.write_record(w.j));
}

}  // namespace
}  // namespace sluice::engine
