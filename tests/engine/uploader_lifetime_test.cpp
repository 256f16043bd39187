// The uploader, its loop or the operation dies first. Meant for a run under AddressSanitizer.
#include "uploader_fixture.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sluice {
namespace {

class uploader_lifetime : public with_endpoint {
 protected:
  void SetUp() override {
    for (int i = 0; i < 6; ++i) file("tree/" + std::to_string(i));
  }
  source tree() const { return source::directory(files_ / "tree"); }
};

// The end comes after every single step of the loop: each handler is called, once, and nothing is touched
// that is gone.
TEST_F(uploader_lifetime, ends_with_uploads_in_flight) {
  bool came_to_its_end = false;
  for (int k = 0; !came_to_its_end; ++k) {
    ASSERT_LT(k, 1000);
    std::optional<uploader> up{std::in_place, ioc_.get_executor(), cfg()};
    server_.requests.clear();
    std::vector<std::shared_ptr<std::optional<upload_outcome>>> all;
    for (int i = 0; i < 6; ++i) all.push_back(start(*up, file(std::to_string(i))));
    all.push_back(start(*up, data("from memory")));
    all.push_back(start(*up, upload_request{""}));
    const auto over = [&] { return std::ranges::all_of(all, [](const auto& o) { return o->has_value(); }); };
    ioc_.restart();
    for (int i = 0; i < k && !over(); ++i) ioc_.run_one();
    came_to_its_end = over();
    const auto seen = server_.count();
    up.reset();
    loop::run_until(ioc_, over);
    for (const auto& o : all) {
      const auto& [error, result] = **o;
      if (error == asio::error::operation_aborted) {
        EXPECT_EQ(result.fate, fate::deferred) << k;
      } else {
        EXPECT_TRUE(result.fate == fate::accepted || error == asio::error::invalid_argument) << k;
      }
    }
    if (k == 0) {
      EXPECT_EQ(server_.count(), seen) << "sent after the uploader's end";
    }
    settle();
  }
}

TEST_F(uploader_lifetime, ends_with_a_drain_in_flight) {
  auto c = cfg();
  c.count_ahead = true;
  bool came_to_its_end = false;
  for (int k = 0; !came_to_its_end; ++k) {
    ASSERT_LT(k, 1000);
    std::optional<uploader> up{std::in_place, ioc_.get_executor(), c};
    const auto outcome = start_drain(*up, tree());
    ioc_.restart();
    for (int i = 0; i < k && !*outcome; ++i) ioc_.run_one();
    came_to_its_end = outcome->has_value();
    up.reset();
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
    const auto& s = (*outcome)->summary;
    EXPECT_EQ(s.counts.total(), s.counts[fate::accepted] + s.counts[fate::deferred]) << k;
    EXPECT_EQ((*outcome)->error,
              s.reason == stop_reason::complete ? error_code{} : asio::error::operation_aborted)
        << k;
    settle();
  }
}

/// A loop of its own, to be destroyed while the fixture's uploader, files and signals live.
struct world {
  asio::io_context loop;
  loop::endpoint server{loop};
};

class loop_lifetime : public uploader_lifetime {
 protected:
  config cfg_for(const world& w) const {
    auto c = cfg();
    c.url = w.server.url();
    return c;
  }
  /// Runs `begin` on a loop that is destroyed after k steps, for each k until there is nothing left to do.
  template <class Begin>
  void destroy_after_every_step(Begin begin) {
    for (int k = 0, done = 0; done < k || k == 0; ++k) {
      ASSERT_LT(k, 3000);
      auto w = std::make_unique<world>();
      [[maybe_unused]] const auto keep = begin(*w);
      for (done = 0; done < k && w->loop.poll_one() == 1; ++done) {
      }
      if (done == k) continue;
      w->loop.run_for(std::chrono::milliseconds{5});  // timers, deadlines
      w.reset();
      break;
    }
  }
};

TEST_F(loop_lifetime, ends_before_the_uploader) {
  destroy_after_every_step([&](world& w) {
    auto up = std::make_unique<uploader>(asio::make_strand(w.loop), cfg_for(w));
    start(*up, file("a"));
    start(*up, data("b"));
    start_drain(*up, tree());
    return up;
  });
}

// The frame of the coroutine held the uploader, the uploader its drain, the drain the handler, and that the
// frame: a loop that was destroyed freed none of them.
TEST_F(loop_lifetime, ends_with_the_uploader_in_a_coroutine) {
  destroy_after_every_step([&](world& w) {
    asio::co_spawn(
        w.loop,
        [this, c = cfg_for(w)]() -> asio::awaitable<void> {
          uploader up{co_await asio::this_coro::executor, c};
          auto request = file("a");
          co_await up.async_upload(std::move(request), asio::use_awaitable);
          co_await up.async_drain(tree(), asio::use_awaitable);
        },
        [](std::exception_ptr e) { EXPECT_FALSE(e); });
    return 0;
  });
}

TEST_F(loop_lifetime, ends_with_an_uploader_that_backs_off) {
  auto w = std::make_unique<world>();
  w->server.say(loop::reply("503 Later"));
  auto c = cfg_for(*w);
  c.retry.base = c.retry.cap = std::chrono::hours{1};
  const auto token = std::make_shared<int>();
  auto up = std::make_shared<uploader>(w->loop.get_executor(), c);
  up->async_upload(file("a"), [up, token](error_code, const upload_result&) { ADD_FAILURE(); });
  auto& seen = *up;
  up.reset();  // the handler alone holds it
  loop::run_until(w->loop, [&] { return seen.progress().backing_off == 1; });
  w.reset();
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(loop_lifetime, is_stopped_and_goes_on) {
  uploader up{ioc_.get_executor(), cfg()};
  const auto outcome = start_drain(up, tree());
  for (int i = 0; !*outcome; ++i) {
    ASSERT_LT(i, 100'000);
    ioc_.restart();
    ioc_.run_one();
    ioc_.stop();
  }
  EXPECT_EQ((*outcome)->summary.counts[fate::accepted], 6u);
}

TEST_F(uploader_lifetime, may_end_in_its_own_handler) {
  auto up = std::make_unique<uploader>(ioc_.get_executor(), cfg());
  const auto other = start(*up, data("other"));
  bool called = false;
  up->async_upload(file("a"), [&](error_code, const upload_result&) {
    up.reset();
    called = true;
  });
  loop::run_until(ioc_, [&] { return called && other->has_value(); });
}

TEST_F(uploader_lifetime, may_end_or_be_cancelled_in_its_observer) {
  for (const bool destroy : {false, true}) {
    std::unique_ptr<uploader> up;
    auto c = cfg();
    int records = 0;
    c.on_record = [&](const file_record&) {
      if (++records != 2) return;
      if (destroy)
        up.reset();
      else
        up->cancel();
    };
    up = std::make_unique<uploader>(ioc_.get_executor(), c);
    const auto drained = start_drain(*up, tree());
    const auto uploaded = start(*up, data("x"));
    loop::run_until(ioc_, [&] { return drained->has_value() && uploaded->has_value(); });
    EXPECT_EQ(records, 7);
    settle();
  }
}

TEST_F(uploader_lifetime, is_moved_with_work_in_flight) {
  uploader first{ioc_.get_executor(), cfg()};
  const auto a = start(first, file("a"));
  uploader second{std::move(first)};
  const auto b = start(second, file("b"));
  loop::run_until(ioc_, [&] { return a->has_value() && b->has_value(); });
  EXPECT_EQ((*a)->result.fate, fate::accepted);
  EXPECT_EQ(server_.connections, 2u);

  const auto c = start(second, file("c"));
  second = uploader{ioc_.get_executor(), cfg()};  // the one it was ends
  loop::run_until(ioc_, [&] { return c->has_value(); });
  EXPECT_EQ((*c)->error, asio::error::operation_aborted);
  EXPECT_EQ(upload(second, file("d")).result.fate, fate::accepted);
}

// Other work on the loop keeps it for longer than any deadline, again and again.
TEST_F(uploader_lifetime, row_58_starved_loop_loses_nothing) {
  auto c = cfg();
  c.on_success = disposal::remove();
  c.timeout.stall = c.timeout.connect = std::chrono::milliseconds{40};
  uploader up{ioc_.get_executor(), c};
  const auto outcome = start_drain(up, tree());
  ioc_.restart();
  for (int i = 0; i < 40 && !*outcome; ++i) {
    for (int turn = 0; turn < 3; ++turn) ioc_.run_one_for(std::chrono::milliseconds{100});
    asio::steady_timer{ioc_, std::chrono::milliseconds{60}}.wait();
  }
  loop::run_until(ioc_, [&] { return outcome->has_value(); });
  const auto& s = (*outcome)->summary;
  EXPECT_EQ(s.counts.total(), 6u);
  EXPECT_EQ(s.counts.total(), s.counts[fate::accepted] + s.counts[fate::deferred]);
  for (int i = 0; i < 6; ++i) {
    const auto name = std::to_string(i);
    EXPECT_TRUE(fs::exists(files_ / ("tree/" + name)) ||
                std::ranges::any_of(server_.requests, [&](const auto& r) { return r.has('"' + name + '"'); }))
        << name;
  }
  settle();
}

TEST_F(uploader_lifetime, idle_it_is_no_work) {
  uploader up{ioc_.get_executor(), cfg()};
  EXPECT_EQ(upload(up, file("a")).result.fate, fate::accepted);
  EXPECT_EQ(drain(up, tree()).summary.counts[fate::accepted], 6u);
  asio::io_context other;
  uploader unused{other.get_executor(), cfg()};
  EXPECT_EQ(other.run(), 0u);
}

// set_window() from outside the loop began an upload that nobody could cancel until the loop came to it.
TEST_F(uploader_lifetime, cancelled_before_the_loop_comes_to_it) {
  for (const bool by_signal : {false, true}) {
    uploader up{ioc_.get_executor(), cfg()};
    asio::cancellation_signal signal;
    const auto outcome = start(up, file("a"), signal.slot());
    up.set_window(window::fixed(2));
    if (by_signal)
      signal.emit(asio::cancellation_type::total);
    else
      up.cancel();
    loop::run_until(ioc_, [&] { return outcome->has_value(); });
    EXPECT_EQ((*outcome)->error, asio::error::operation_aborted);
    EXPECT_EQ((*outcome)->result.attempts, 0u);
  }
  settle();
  EXPECT_EQ(server_.count(), 0u);
}

}  // namespace
}  // namespace sluice
