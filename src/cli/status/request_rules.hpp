// What a request to the status server may ask for, and what it is refused for.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::cli {

enum class resource { page, metrics, health, events };
/// By the target of a request, its query left aside; nothing for any other.
std::optional<resource> resource_at(std::string_view target) noexcept;

/// True when `host` (a Host header: name or address, and maybe a port) leads to this machine for sure:
/// `localhost`, or an address of the loopback. A page of somebody else's, whose name was made to lead here
/// (DNS rebinding), comes with that name. Any port: a tunnel has its own.
bool is_local_host(std::string_view host);

struct asked {
  std::string_view method, target;
  std::optional<std::string_view> host{};  ///< nothing: no Host header, or several
  bool has_body = false;
};
struct refusal {
  unsigned status = 0;
  std::string_view why;  ///< one line
};
/// `local_only`: the server listens on the loopback, and answers only who asked for that.
std::optional<refusal> refusal_of(const asked& request, bool local_only);

}  // namespace sluice::cli
