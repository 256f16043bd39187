#include "ctl.hpp"

#include "cli/exit_code.hpp"
#include "cli/options/into.hpp"
#include "cli/terminal/output.hpp"
#include "control_request.hpp"
#include "control_status.hpp"
#include "plan.hpp"

#include <sluice/text.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <exception>

namespace sluice::cli {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds reply_wait{5};

auto into(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }
constexpr std::size_t most_reply = 1024 * 1024;  // reasons have the longest of paths, escaped

/// The outcome of one request.
struct conversation {
  bool over = false;
  std::string reply;
  error_code connecting, talking;
};

asio::awaitable<void> ask(std::string path, std::string request, conversation& c) {
  asio::local::stream_protocol::socket socket{co_await asio::this_coro::executor};
  co_await socket.async_connect(path, into(c.connecting));
  if (!c.connecting) {
    request += '\n';
    co_await asio::async_write(socket, asio::buffer(request),
                               into(c.talking));  // refused unread, it is answered all the same
    co_await asio::async_read_until(socket, asio::dynamic_buffer(c.reply, most_reply), '\n', into(c.talking));
  }
  c.over = true;
}

conversation converse(const std::string& path, const std::string& request) {
  asio::io_context ioc{1};
  conversation c;
  asio::co_spawn(ioc, ask(path, request, c), [](std::exception_ptr e) {
    if (e) std::rethrow_exception(e);
  });
  ioc.run_for(reply_wait);
  return c;
}

int complain(std::vector<std::string>& problems, std::string text, exit_code code) {
  problems.push_back(std::move(text));
  return static_cast<int>(code);
}

}  // namespace

int ctl(const raw_options& options, std::vector<std::string>& problems) {
  std::string problem;
  const auto request = parse_request(options.positionals, problem);
  if (!request) return complain(problems, "ctl: " + problem, exit_code::usage);
  const auto path = options.value("control").value_or("");
  if (path.empty())
    return complain(problems, "ctl: no socket: give --control PATH, or set SLUICE_CONTROL", exit_code::usage);
  if (const auto what = control_path_problem(path); !what.empty())
    return complain(problems, options.where("control") + ": " + what, exit_code::usage);

  const auto c = converse(path, request_line(options.positionals));
  const auto there = "'" + printable(path) + "'";
  if (c.connecting)
    return complain(problems, "ctl: nobody listens at " + there + ": " + c.connecting.message(),
                    exit_code::unreachable);
  const auto error = error_of(c.reply);
  if (!c.over || !error)
    return complain(problems, "ctl: no answer from " + there + (c.over ? "" : " within 5 s"),
                    exit_code::unreachable);
  if (!error->empty()) return complain(problems, "ctl: " + *error, exit_code::usage);
  if (request->what != control_request::command::status) return 0;
  const auto text = options.flag("json") ? status_json(c.reply) : status_text(c.reply);
  if (!text) return complain(problems, "ctl: no status in the answer from " + there, exit_code::unreachable);
  return static_cast<int>(write_to_standard_output(*text) ? exit_code::done : exit_code::some_failed);
}

}  // namespace sluice::cli
