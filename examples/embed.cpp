// Uploads from a host program's own event loop. usage: example_embed URL CA_FILE FILE DIRECTORY
#include <sluice/sluice.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <filesystem>
#include <iostream>

namespace asio = boost::asio;

// [readme]
asio::awaitable<void> send_all(sluice::config cfg, std::filesystem::path file,
                               std::filesystem::path directory) {
  using namespace asio::experimental::awaitable_operators;
  sluice::uploader up{co_await asio::this_coro::executor,
                      cfg};  // throws std::invalid_argument for a config that cannot work

  // One file, given ten seconds: the loser of || is cancelled, and a cancelled upload leaves the file alone.
  sluice::upload_request picture{.path = file};
  asio::steady_timer timer{up.get_executor(), std::chrono::seconds{10}};
  auto first =
      co_await (up.async_upload(picture, asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
  if (const auto* result = std::get_if<sluice::upload_result>(&first))
    std::cout << file << ": " << to_string(result->fate) << ", status " << result->status << '\n';

  // A body from memory, with a field of its own.
  sluice::upload_request note{.data = "all is well", .filename = "note.txt"};
  note.fields.push_back({"kind", "note"});
  co_await up.async_upload(note, asio::use_awaitable);

  // A whole directory. A file that is refused is a count in the summary, not an error.
  const auto run = co_await up.async_drain(sluice::source::directory(directory), asio::use_awaitable);
  std::cout << run.accepted << " of " << run.seen << " accepted, " << run.files_per_second << " files/s\n";
}

int main(int argc, char** argv) {
  if (argc != 5) return std::cerr << "usage: example_embed URL CA_FILE FILE DIRECTORY\n", 2;
  sluice::config cfg;
  cfg.url = argv[1];
  cfg.tls.ca_file = argv[2];
  cfg.form.push_back({"mark", "room-201"});
  cfg.window = sluice::window::fixed(32);
  cfg.on_success = sluice::disposal::keep();

  asio::io_context ioc{1};
  asio::co_spawn(ioc, send_all(cfg, argv[3], argv[4]), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  ioc.run();
}
// [readme]
