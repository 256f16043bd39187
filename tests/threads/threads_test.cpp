// An uploader on a strand of a loop that many threads run: what the headers allow a caller. Meant for a run
// under ThreadSanitizer (`./dev check threads`); sluice itself starts none of these threads.
#include "support/loop_certificate.hpp"
#include "support/loop_endpoint.hpp"
#include "support/loop_scratch.hpp"

#include <sluice/sluice.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace sluice {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A loop and its threads, ended with the test.
class crew {
 public:
  explicit crew(int threads) : ioc{threads} {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { ioc.run(); });
  }
  ~crew() {
    work_.reset();
    join();
  }
  void stop() {
    ioc.stop();
    join();
  }
  asio::io_context ioc;

 private:
  void join() {
    for (auto& t : threads_) t.join();
    threads_.clear();
  }
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(ioc);
  std::vector<std::thread> threads_;
};

class threads : public testing::Test {
 protected:
  /// Runs `f` there, and waits for it.
  template <class F>
  auto on_strand(F f) {
    return asio::post(strand_, asio::use_future(std::move(f))).get();
  }
  threads() {
    on_server([this] {
      server_.emplace(servers_.ioc, loop::serve_as(authority_.issue()));
      url_ = server_->url();
    });
    auto trusting = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
    trusting->add_certificate_authority(asio::buffer(authority_.certificate()));
    cfg_.url = url_, cfg_.tls.context = trusting;
    cfg_.window = window::fixed(8);
    cfg_.retry.base = cfg_.retry.cap = std::chrono::milliseconds{1};
    cfg_.on_record = [this](const file_record&) { EXPECT_TRUE(strand_.running_in_this_thread()); };
    cfg_.on_attempt = [this](const attempt_record&) { EXPECT_TRUE(strand_.running_in_this_thread()); };
    on_strand([this] { up_.emplace(strand_, cfg_); });
  }
  ~threads() override {
    on_strand([this] { up_.reset(); });
    servers_.stop();  // the server would wait for another connection
  }
  template <class F>
  void on_server(F f) {
    asio::post(servers_.ioc, asio::use_future(std::move(f))).get();
  }
  static upload_request data(int i) {
    return upload_request::from_memory(std::string(static_cast<std::size_t>(i) * 700, 'x'),
                                       std::to_string(i));
  }

  loop::authority authority_;
  crew servers_{1};
  std::optional<loop::endpoint> server_;
  std::string url_;
  crew crew_{4};
  asio::strand<asio::io_context::executor_type> strand_ = asio::make_strand(crew_.ioc);
  config cfg_;
  std::optional<uploader> up_;
};

TEST_F(threads, uploads_asked_for_by_all_threads_at_once) {
  constexpr int each = 40;
  std::atomic<int> accepted = 0;
  std::vector<std::thread> askers;
  for (int t = 0; t < 4; ++t)
    askers.emplace_back([&, t] {
      std::vector<std::future<upload_result>> results;
      for (int i = 0; i < each; ++i)
        results.push_back(on_strand([&] { return up_->async_upload(data(t + i), asio::use_future); }));
      for (auto& r : results) accepted += r.get().fate == fate::accepted ? 1 : 0;
    });
  for (auto& a : askers) a.join();
  EXPECT_EQ(accepted, 4 * each);
}

TEST_F(threads, handlers_on_other_strands_and_coroutines_beside) {
  auto other = asio::make_strand(crew_.ioc);
  std::atomic<int> called = 0;
  on_strand([&] {
    for (int i = 0; i < 50; ++i)
      up_->async_upload(data(i), asio::bind_executor(other, [&](error_code ec, const upload_result& r) {
                          EXPECT_TRUE(other.running_in_this_thread());
                          EXPECT_FALSE(ec);
                          called += r.fate == fate::accepted ? 1 : 0;
                        }));
  });
  auto coroutine = asio::co_spawn(
      strand_,
      [&]() -> asio::awaitable<int> {
        int n = 0;
        for (int i = 0; i < 20; ++i) {
          auto request = data(i);
          const auto r = co_await up_->async_upload(std::move(request), asio::use_awaitable);
          EXPECT_TRUE(strand_.running_in_this_thread());
          n += r.fate == fate::accepted ? 1 : 0;
        }
        co_return n;
      },
      asio::use_future);
  EXPECT_EQ(coroutine.get(), 20);
  while (called < 50) std::this_thread::yield();
}

TEST_F(threads, a_drain_with_cancellation_progress_and_changes_from_outside) {
  loop::scratch files;
  for (int i = 0; i < 200; ++i) files.write(std::to_string(i));
  asio::cancellation_signal stop;
  std::promise<run_summary> ended;
  on_strand([&] {
    up_->async_drain(source::directory(files.path()),
                     asio::bind_cancellation_slot(
                         stop.slot(), [&](error_code, run_summary s) { ended.set_value(std::move(s)); }));
  });
  for (std::size_t i = 1; i < 20; ++i) {
    const auto p = on_strand([&] {
      up_->set_window(window::fixed(1 + i % 8));
      up_->update_header("Token", std::to_string(i));
      up_->update_credentials({.bearer = std::to_string(i)});
      return up_->progress();
    });
    EXPECT_LE(p.counts[fate::accepted], 200u);
  }
  on_strand([&] { stop.emit(asio::cancellation_type::partial); });
  const auto s = ended.get_future().get();
  EXPECT_EQ(s.counts.total(), s.counts[fate::accepted] + s.counts[fate::deferred]);
  EXPECT_EQ(s.counts[fate::rejected], 0u);
}

TEST_F(threads, ends_with_work_in_flight) {
  std::atomic<int> called = 0;
  on_strand([&] {
    for (int i = 0; i < 100; ++i)
      up_->async_upload(data(i), [&](error_code, const upload_result&) { ++called; });
  });
  on_strand([&] { up_.reset(); });
  while (called < 100) std::this_thread::yield();
}

}  // namespace
}  // namespace sluice
