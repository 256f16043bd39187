// The expressions that people write first, with the tokens that the documents name, for AddressSanitizer: GCC
// 12 destroys the temporary of an aggregate in a co_await expression twice. Nobody listens at the endpoint,
// so every upload ends as `deferred`. usage: natural_expressions FILE
#include "support/foreign_task.hpp"

#include <sluice/sluice.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/experimental/promise.hpp>
#include <boost/asio/experimental/use_promise.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <iostream>
#include <type_traits>

namespace asio = boost::asio;
using asio::use_awaitable;
using boost::system::error_code;
using sluice::upload_request;

// Whatever can stand in the call of an asynchronous function.
static_assert(!std::is_aggregate_v<upload_request>);
static_assert(!std::is_aggregate_v<sluice::drain_options>);
static_assert(!std::is_aggregate_v<sluice::source>);
static_assert(!std::is_aggregate_v<sluice::disposal>);
static_assert(!std::is_aggregate_v<std::filesystem::path>);

namespace {

int wrong = 0, ended = 0;

void note(const char* what, const sluice::upload_result& r) {
  ++ended;
  if (r.fate == sluice::fate::deferred) return;
  ++wrong;
  std::cout << what << ": " << to_string(r.fate) << '\n';
}
void note(const char* what, const sluice::run_summary& s) {
  ++ended;
  if (s.counts.total() == 1 && s.counts[sluice::fate::deferred] == 1) return;
  ++wrong;
  std::cout << what << ": " << to_json(s) << '\n';
}

/// A text that has its bytes on the heap.
std::string long_text(const std::string& begin) {
  return begin + " and so on, beyond what a small string holds";
}

upload_request chain(const std::filesystem::path& file) {
  return upload_request{file}
      .field("mark", long_text("room-201"))
      .on_success(sluice::disposal::move_to(long_text("done")));
}

asio::awaitable<void> await_each_form(sluice::uploader& up, std::filesystem::path file) {
  note("path", co_await up.async_upload(file, use_awaitable));
  note("unnamed path", co_await up.async_upload(std::filesystem::path{file.native()}, use_awaitable));
  note("text", co_await up.async_upload(file.c_str(), use_awaitable));
  note("string", co_await up.async_upload(file.string(), use_awaitable));
  note("braced", co_await up.async_upload({file}, use_awaitable));
  note("unnamed", co_await up.async_upload(upload_request{file}, use_awaitable));
  note("chained",
       co_await up.async_upload(
           upload_request{file}.field("mark", long_text("room")).on_success(sluice::disposal::remove()),
           use_awaitable));
  note("chained, moved to",
       co_await up.async_upload(upload_request{file}
                                    .on_success(sluice::disposal::move_to(long_text("done")))
                                    .field("a", long_text("b")),
                                use_awaitable));
  note("memory", co_await up.async_upload(upload_request::from_memory(long_text("data"), long_text("name")),
                                          use_awaitable));
  note("memory, chained",
       co_await up.async_upload(
           upload_request::from_memory(long_text("data"), "name").field("a", long_text("b")), use_awaitable));
  upload_request named{file};
  named.field("a", long_text("b")).on_success(sluice::disposal::move_to(long_text("done")));
  note("named", co_await up.async_upload(named, use_awaitable));
  note("moved", co_await up.async_upload(std::move(named), use_awaitable));
}

asio::awaitable<void> await_each_token(sluice::uploader& up, std::filesystem::path file) {
  using namespace asio::experimental::awaitable_operators;
  auto [ec, r] = co_await up.async_upload(upload_request{file}.field("a", long_text("b")),
                                          asio::as_tuple(use_awaitable));
  note("as_tuple", r);
  error_code redirected;
  note("redirect_error",
       co_await up.async_upload(chain(file), asio::redirect_error(use_awaitable, redirected)));
  note("deferred", co_await up.async_upload(chain(file), asio::deferred)(use_awaitable));
  note("deferred, by default",
       co_await up.async_upload(upload_request{file}.field("a", long_text("b")), asio::deferred));
  auto operation = up.async_upload(chain(file), asio::deferred);
  note("deferred, named", co_await std::move(operation)(use_awaitable));
  asio::steady_timer timer{up.get_executor(), std::chrono::minutes{1}};
  const auto first =
      co_await (up.async_upload(chain(file), use_awaitable) || timer.async_wait(use_awaitable));
  note("beside a timer", std::get<0>(first));
  asio::experimental::channel<void(error_code, sluice::upload_result)> results{up.get_executor(), 1};
  up.async_upload(chain(file),
                  [&](error_code e, sluice::upload_result u) { results.try_send(e, std::move(u)); });
  note("channel", co_await results.async_receive(use_awaitable));
}

asio::awaitable<void> await_drains(sluice::uploader& up, std::filesystem::path file) {
  const auto folder = file.parent_path();
  int told = 0;
  const auto observe = [&told](const sluice::file_record&) { ++told; };
  auto [ec, s] = co_await up.async_drain(sluice::source::directory(folder), asio::as_tuple(use_awaitable));
  note("drain", s);
  auto [ec2, s2] = co_await up.async_drain(sluice::source::directory(folder),
                                           sluice::drain_options{}.on_record(observe).collect(),
                                           asio::as_tuple(use_awaitable));
  note("drain with options", s2);
  auto [ec3, s3] = co_await up.async_drain(sluice::source::paths(std::vector<std::filesystem::path>(1, file)),
                                           asio::as_tuple(use_awaitable));
  note("drain of a range", s3);
  sluice::drain_options options;
  options.collect().on_record(observe);
  auto [ec4, s4] =
      co_await up.async_drain(sluice::source::directory(folder), options, asio::as_tuple(use_awaitable));
  note("drain with named options", s4);
  wrong += told == 2 && s4.records.size() == 1 ? 0 : 1;
}

support::foreign_task await_elsewhere(sluice::uploader& up, std::filesystem::path file) {
  const auto [ec, r] = co_await support::foreign_awaiter{
      up.async_upload(upload_request{file}.field("a", long_text("b")), asio::deferred)};
  note("another coroutine", r);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: natural_expressions FILE\n", 2;
  sluice::config cfg;
  cfg.url = "http://127.0.0.1:1/upload";
  cfg.retry.retries = 0;
  cfg.retry.hold_back = false;
  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};
  const auto run = [&](asio::awaitable<void> work) {
    asio::co_spawn(ioc, std::move(work), [](std::exception_ptr e) {
      if (e) std::rethrow_exception(e);
    });
    ioc.run();
    ioc.restart();
  };
  run(await_each_form(up, argv[1]));
  run(await_each_token(up, argv[1]));
  run(await_drains(up, argv[1]));
  await_elsewhere(up, argv[1]);
  asio::cancellation_signal signal;
  up.async_upload(argv[1], [](error_code, const sluice::upload_result& r) { note("callback", r); });
  up.async_upload({argv[1]}, [](error_code, sluice::upload_result r) { note("callback, braced", r); });
  up.async_upload(chain(argv[1]),
                  asio::bind_cancellation_slot(signal.slot(), [](error_code, const sluice::upload_result& r) {
                    note("callback with a slot", r);
                  }));
  up.async_upload(chain(argv[1]), asio::detached);
  auto promise = up.async_upload(chain(argv[1]), asio::experimental::use_promise);
  std::move(promise)([](error_code, const sluice::upload_result& r) { note("promise", r); });
  auto one = up.async_upload(upload_request{argv[1]}.field("a", long_text("b")), asio::use_future);
  auto other = up.async_upload(upload_request::from_memory(long_text("data"), "name"), asio::use_future);
  ioc.run();
  note("future", one.get());
  note("future of memory", other.get());
  constexpr int all = 12 + 7 + 4 + 1 + 4 + 2;
  if (ended != all) std::cout << ended << " of " << all << " expressions ended\n";
  return wrong == 0 && ended == all ? 0 : 1;
}
