#include "support/loop_endpoint.hpp"

#include "io/asio.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace loop {
namespace {

endpoint::answer always(const std::string& text) {
  return [text](const got&) -> asio::awaitable<std::string> { co_return text; };
}

}  // namespace

std::string got::header(const std::string& name) const {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

std::string got::field(const std::string& name) const {
  const auto at = body.find("name=\"" + name + "\"");
  if (at == std::string::npos) return {};
  const auto from = body.find("\r\n\r\n", at) + 4;
  return body.substr(from, body.find("\r\n--", from) - from);
}

endpoint::endpoint(asio::io_context& ioc, std::shared_ptr<asio::ssl::context> tls)
    : endpoint{ioc, always(reply("200 OK")), std::move(tls)} {}

endpoint::endpoint(asio::io_context& ioc, answer says, std::shared_ptr<asio::ssl::context> tls)
    : ioc_{ioc},
      listener_{ioc.get_executor(), std::move(tls)},
      says_{std::move(says)},
      gate_{ioc, asio::steady_timer::time_point::max()} {
  asio::co_spawn(ioc_, accept(), asio::detached);
}

void endpoint::say(const std::string& text) { says_ = always(text); }
void endpoint::hold() { holding_ = true; }
void endpoint::let_go() {
  holding_ = false;
  gate_.cancel();
}

asio::awaitable<void> endpoint::accept() {
  for (;;) {
    auto p = co_await listener_.accept_raw();
    asio::co_spawn(ioc_, serve(std::move(p), ++connections), asio::detached);
  }
}

/// Ends with an exception when the other side goes away.
asio::awaitable<void> endpoint::serve(peer p, std::size_t number) {
  if (const auto ec = co_await p.handshake()) co_return;
  for (;;) {
    got g;
    g.connection = number;
    g.head = co_await p.read_head();
    g.body = co_await p.read(std::stoul(g.header("Content-Length")));
    requests.push_back(g);
    most_in_flight = std::max(most_in_flight, ++in_flight);
    error_code ignored;
    while (holding_) co_await gate_.async_wait(sluice::into(ignored));
    const auto text = co_await says_(g);
    --in_flight;
    if (text.empty()) co_return;
    co_await p.write(text);
  }
}

}  // namespace loop
