// The words of a proxy before there is a tunnel: `KIND\ BYTES`, where KIND is the URL of a proxy.
#include "core/net/proxy_dialogue.hpp"
#include "fuzz.hpp"

#include <algorithm>

using namespace sluice;

namespace {

struct heard {
  bool over = false;
  boost::system::error_code error;
  std::size_t taken = 0;
};

/// The bytes come in pieces of `step`.
heard hear(const core::proxy& via, std::string_view bytes, std::size_t step) {
  const auto endpoint = core::parse_url("https://up.example/").value();
  const auto d = via.is_socks() ? core::make_socks5(endpoint.host, endpoint.port, via)
                                : core::make_connect(endpoint, via, {});
  heard h;
  for (std::size_t have = std::min(step, bytes.size()); !d->is_over();) {
    const auto there = bytes.substr(h.taken, have - h.taken);
    const auto n = there.empty() ? 0 : d->hear(there);
    fuzz::require(n <= there.size(), "no more is taken than is there");
    h.taken += n;
    if (n > 0) continue;
    if (have == bytes.size()) break;
    have = std::min(have + step, bytes.size());
  }
  h.over = d->is_over(), h.error = d->error();
  fuzz::require(std::ranges::none_of(d->detail(), [](char c) { return c == '\n' || c == '\x1b'; }),
                "what it said fits a line");
  return h;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto url = in.text();
  const auto via = core::parse_proxy(url);
  if (!via) {
    fuzz::require(via.error().what.find('\n') == std::string::npos, "a problem is one line");
    return 0;
  }
  const auto shown = via->shown();
  const auto again = core::parse_proxy(shown);
  fuzz::require(again.has_value() && again->shown() == shown && !again->login, "what is shown is the proxy");
  const std::string bytes{in.rest()};
  const auto whole = hear(*via, bytes, bytes.size() + 1), slow = hear(*via, bytes, 1);
  fuzz::require(whole.over == slow.over && whole.error == slow.error, "pieces mean what the whole means");
  fuzz::require(whole.error || whole.taken == slow.taken, "and leave the same rest");
  return 0;
}
