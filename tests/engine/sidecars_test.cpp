#include "engine/attempt/sidecars.hpp"

#include "core/files/manifest_line.hpp"
#include "engine/own_request.hpp"

#include "fake_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): of literals only
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

config with_sidecars(bool optional = false) {
  auto c = fake::cfg();
  c.sidecar = "{path}.json", c.sidecar_optional = optional;
  return c;
}

/// A file `d/a` that is open, and a job of it.
struct sidecar_world : fake::world {
  explicit sidecar_world(const config& c = with_sidecars()) : fake::world{c} {
    who->terms_.on_success = disposal::remove();
    j.record.disposal = disposed::deleted;
  }
  fake::file& add_sidecar(std::string content = R"({"form":{"mark":"x"},"camera":7})") {
    auto& s = add("d/a.json", content.size());
    s.readings = {std::move(content)};
    return s;
  }
  /// The outcome; nothing: the attempt goes on.
  std::optional<outcome> read() { return result_of(cars.read(j, *f)); }
  void take() {
    asio::co_spawn(loop, end.take_sidecar(j), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
    settle();
  }

  std::shared_ptr<fake::owner> who = std::make_shared<fake::owner>(*this);
  job j = fake::job_of(who, "d/a");
  std::unique_ptr<io::opened_file> f = (add("d/a"), fake::open(*this, "d/a"));
  sidecars cars{context};
  conclusion end{context};
};

TEST(sidecars, give_a_job_what_they_say) {
  sidecar_world w;
  w.add_sidecar();
  EXPECT_FALSE(w.read());
  ASSERT_TRUE(w.j.own);
  EXPECT_EQ(w.j.own->members.at("camera"), "7");
  EXPECT_THAT(w.j.own->fields, SizeIs(1));
  EXPECT_EQ(w.j.sidecar.path, "d/a.json");
  EXPECT_TRUE(w.j.sidecar.digest);
}

TEST(sidecars, are_none_of_a_single_upload_or_without_the_option) {
  sidecar_world single, off{fake::cfg()};
  single.j.root = nullptr;
  EXPECT_FALSE(single.read());
  EXPECT_FALSE(off.read());
  EXPECT_THAT(single.j.sidecar.path + off.j.sidecar.path, IsEmpty());
}

TEST(sidecars, that_are_missing_defer_their_file_unless_they_are_optional) {
  sidecar_world w, optional{with_sidecars(true)};
  const auto o = w.read();
  ASSERT_TRUE(o);
  EXPECT_EQ(o->fate, fate::deferred);
  EXPECT_EQ(o->error, errc::sidecar_missing);
  EXPECT_EQ(o->reason, "its side-car 'd/a.json' is not there");
  EXPECT_FALSE(o->again) << "nothing waits for it";
  optional.j.own = std::make_shared<own_request>();
  EXPECT_FALSE(optional.read());
  EXPECT_FALSE(optional.j.own) << "that of an attempt before is not it";
}

TEST(sidecars, of_young_files_are_waited_for_where_a_source_is_followed) {
  for (const bool young : {true, false}) {
    sidecar_world w;
    w.who->terms_.follows = true;
    const auto ns = std::chrono::nanoseconds{w.wall().time_since_epoch()};
    w.files["d/a"]->is.ctime_ns = (ns - (young ? 9s : 11s)).count();
    w.f = fake::open(w, "d/a");
    const auto o = w.read();
    ASSERT_TRUE(o);
    EXPECT_EQ(o->again.has_value(), young);
    EXPECT_EQ(o->error, young ? errc::not_settled : errc::sidecar_missing);
    EXPECT_EQ(w.j.opening.settled_at == w.now + 1s, young);
  }
}

TEST(sidecars, that_cannot_be_used_defer_their_file_and_say_why) {
  struct row {
    std::string content, why;
  };
  for (const auto& r :
       {row{"{", "is not JSON"}, row{"[]", "is not a JSON object"},
        row{R"({"form":1})", "'form' is not an object"},
        row{R"({"url":"https://elsewhere.example/"})", "has a bad 'url'"},
        row{R"({"form":{"a":"{b}"}})", "has a bad 'form'"},
        row{R"({"header":{"a b":"c"}})", "has a bad 'header'"},
        row{"{\"a\":\"" + std::string(core::most_words, 'x') + "\"}", "is longer than 64 KiB"}}) {
    sidecar_world w;
    w.add_sidecar(r.content);
    const auto o = w.read();
    ASSERT_TRUE(o) << r.why;
    EXPECT_EQ(o->fate, fate::deferred);
    EXPECT_EQ(o->error, errc::unsendable);
    EXPECT_THAT(o->reason, HasSubstr("its side-car 'd/a.json' " + r.why));
    EXPECT_FALSE(w.j.sidecar.digest) << "it is not taken away";
  }
}

TEST(sidecars, that_cannot_be_read_defer_their_file) {
  sidecar_world unreadable, changed, shut, settling;
  unreadable.add_sidecar().read_error = make_error_code(fake::sys::io_error);
  changed.add_sidecar().readings = {"{"};  // fewer bytes than it had
  shut.add_sidecar().refusals = {make_error_code(fake::sys::permission_denied)};
  settling.add_sidecar().unsettled = 3s;
  for (auto* w : {&unreadable, &changed, &shut}) {
    const auto o = w->read();
    ASSERT_TRUE(o);
    EXPECT_EQ(o->fate, fate::deferred);
    EXPECT_FALSE(o->again);
    EXPECT_THAT(o->reason, HasSubstr("cannot be read"));
  }
  const auto o = settling.read();
  ASSERT_TRUE(o && o->again);
  EXPECT_EQ(*o->again, settling.now + 3s + 20ms);
  EXPECT_EQ(o->error, errc::not_settled);
}

TEST(sidecars, wait_for_descriptors_a_while) {
  sidecar_world w;
  const auto none_left = make_error_code(fake::sys::too_many_files_open);
  w.add_sidecar().refusals.assign(60, none_left);
  unsigned waits = 0;
  std::optional<outcome> o;
  while ((o = w.read()) && o->again) ++waits;
  ASSERT_TRUE(o);
  EXPECT_EQ(waits, 50u);
  EXPECT_EQ(o->error, none_left);
}

TEST(sidecars, go_after_their_file_where_they_are_what_was_read) {
  sidecar_world w;
  w.add_sidecar();
  ASSERT_FALSE(w.read());
  w.take();
  EXPECT_THAT(w.events, Contains("remove d/a.json"));
  EXPECT_THAT(w.notices, IsEmpty());
  w.take();
  EXPECT_THAT(w.notices, IsEmpty()) << "one that is gone is no news";
}

TEST(sidecars, are_moved_where_their_file_was_moved) {
  auto c = with_sidecars();
  c.on_reject = disposal::move_to("bad");
  sidecar_world moved, rejected{c};
  moved.who->terms_.on_success = disposal::move_to("done");
  rejected.j.record.fate = fate::rejected;
  for (auto* w : {&moved, &rejected}) {
    w->add_sidecar();
    w->j.record.disposal = disposed::moved;
    ASSERT_FALSE(w->read());
    w->take();
  }
  EXPECT_THAT(moved.events, Contains("move d/a.json to done/d/a.json"));
  EXPECT_THAT(rejected.events, Contains("move d/a.json to bad/d/a.json"));
}

TEST(sidecars, stay_where_anything_speaks_against_it_and_that_is_told_once) {
  using change = void (*)(sidecar_world&, fake::file&);
  for (const change speaks : {change{[](sidecar_world&, fake::file& s) { s.digest = 7; }},
                              change{[](sidecar_world&, fake::file& s) { s.digest.reset(); }},
                              change{[](sidecar_world&, fake::file& s) { s.entry = core::file_identity{}; }},
                              change{[](sidecar_world&, fake::file& s) { s.entry_fails = true; }},
                              change{[](sidecar_world&, fake::file& s) { s.fstat_fails = true; }},
                              change{[](sidecar_world&, fake::file& s) { s.has_writer = true; }},
                              change{[](sidecar_world& w, fake::file&) { w.who->spool_.there = false; }},
                              change{[](sidecar_world&, fake::file& s) {
                                s.refusals = {make_error_code(errc::being_written),
                                              make_error_code(errc::being_written)};
                              }}}) {
    sidecar_world w;
    auto& s = w.add_sidecar();
    ASSERT_FALSE(w.read());
    speaks(w, s);
    w.take(), w.take();
    EXPECT_THAT(w.events, testing::Not(Contains("remove d/a.json")));
    ASSERT_THAT(w.notices, SizeIs(1));
    EXPECT_EQ(w.notices[0].what, notice::kind::sidecar_stays);
    EXPECT_THAT(w.notices[0].text, HasSubstr("the side-car 'd/a.json' stays"));
  }
}

}  // namespace
}  // namespace sluice::engine
