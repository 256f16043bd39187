// Rules for requests to the status server: the targets, and the reasons of a refusal.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::cli {

enum class resource { page, metrics, health, events };
/// Finds the page of a target, its query left aside; nothing for any other.
std::optional<resource> resource_at(std::string_view target) noexcept;

/// True when `host` (a Host header: name or address, and maybe a port) leads to this machine for sure:
/// `localhost`, or an address of the loopback. A page of somebody else's, whose name was made to lead here
/// (DNS rebinding), comes with that name. Any port: a tunnel has its own.
bool is_local_host(std::string_view host);

struct asked {
  std::string_view method, target;
  std::optional<std::string_view> host{};  ///< absent without a Host header, or with several
  bool has_body = false;
};
struct refusal {
  unsigned status = 0;
  std::string_view why;  ///< one line
};
/// `local_only`: the server listens on the loopback, and answers only who asked for that.
std::optional<refusal> refusal_of(const asked& request, bool local_only);

}  // namespace sluice::cli
