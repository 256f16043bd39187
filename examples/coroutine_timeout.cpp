// Uploads one file in a coroutine, and gives it so many milliseconds. usage: example_coroutine_timeout URL
// CA_FILE FILE MS
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <iostream>

namespace asio = boost::asio;

// [readme]
/// The loser of || is cancelled; a cancelled upload leaves its file alone.
asio::awaitable<bool> upload_within(sluice::uploader& up, std::filesystem::path file,
                                    std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer{up.get_executor(), limit};
  auto first = co_await (up.async_upload(file, asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
  const auto* result = std::get_if<sluice::upload_result>(&first);
  std::cout << file << ": " << (result ? to_string(result->fate) : "out of time") << '\n';
  co_return result && result->fate == sluice::fate::accepted;
}
// [readme]

int main(int argc, char** argv) {
  if (argc != 5) return std::cerr << "usage: example_coroutine_timeout URL CA_FILE FILE MS\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  asio::io_context ioc{1};
  sluice::uploader up{ioc.get_executor(), cfg};
  bool accepted = false;
  asio::co_spawn(ioc, upload_within(up, argv[3], std::chrono::milliseconds{std::atoi(argv[4])}),
                 [&](std::exception_ptr e, bool yes) {
                   if (e) std::rethrow_exception(e);
                   accepted = yes;
                 });
  ioc.run();
  return accepted ? 0 : 1;
}
