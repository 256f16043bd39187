// A stranger's program: three uploads, each by another completion token, beside a fourth that is cancelled
// once they are done. usage: stranger URL CA_FILE     Exits with 0 when all four ended as they should.
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

sluice::upload_request text(std::string name) {
  return sluice::upload_request::from_memory("from " + name, name);
}

bool accepted(const char* by, const sluice::upload_result& r) {
  std::cout << by << ": " << to_string(r.fate) << ", status " << r.status << ' ' << r.error.message() << '\n';
  return r.fate == sluice::fate::accepted && r.status == 200;
}

asio::awaitable<bool> by_coroutine(sluice::uploader& up) {
  co_return accepted("coroutine", co_await up.async_upload(text("coroutine"), asio::use_awaitable));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::cerr << "usage: stranger URL CA_FILE\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  cfg.form.push_back({"mark", "stranger"});
  cfg.window = sluice::window::fixed(4);

  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};
  int good = 0;

  asio::cancellation_signal cancel;
  up.async_upload(text("late"), asio::bind_cancellation_slot(
                                    cancel.slot(), [&](error_code ec, const sluice::upload_result&) {
                                      std::cout << "late: " << ec.message() << '\n';
                                      good += ec == asio::error::operation_aborted;
                                    }));

  up.async_upload(text("callback"), [&](error_code ec, const sluice::upload_result& r) {
    good += !ec && accepted("callback", r);
  });

  asio::co_spawn(ioc, by_coroutine(up), [&](std::exception_ptr e, bool ok) {
    if (e) std::rethrow_exception(e);
    good += ok;
  });

  auto promised = up.async_upload(text("future"), asio::use_future);
  while (promised.wait_for(std::chrono::seconds{0}) != std::future_status::ready) ioc.run_one();
  good += accepted("future", promised.get());

  while (good < 3 && ioc.run_one() != 0) continue;
  cancel.emit(asio::cancellation_type::terminal);
  ioc.run();
  std::cout << good << " of 4 ended as they should, with sluice " << sluice::version << '\n';
  return good == 4 ? 0 : 1;
}
