#include "io/net/local_end.hpp"

#include "io/disk/directory.hpp"
#include "io/disk/unique_fd.hpp"
#include "io/net/destination_order.hpp"

#include <sluice/text.hpp>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace sluice::io {
namespace {

using asio::ip::tcp;

int domain_of(const asio::ip::address& a) { return a.is_v4() ? AF_INET : AF_INET6; }

error_code bind_to_address(const asio::ip::address& a, int fd) {
  // The port is chosen with the peer, so that many connections may have the same one.
  const int later = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);  // an older kernel has fewer
  const tcp::endpoint here{a, 0};
  return ::bind(fd, here.data(), static_cast<socklen_t>(here.size())) == 0 ? error_code{} : last_error();
}

/// The first address of an interface, without those that hold on one link alone where there is another.
std::optional<asio::ip::address> address_of(const std::string& device, int domain) {
  ::ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return std::nullopt;
  const std::unique_ptr<::ifaddrs, void (*)(::ifaddrs*)> owned{all, ::freeifaddrs};
  std::optional<asio::ip::address> found;
  for (const auto* a = all; a != nullptr; a = a->ifa_next) {
    if (a->ifa_addr == nullptr || a->ifa_addr->sa_family != domain || device != a->ifa_name) continue;
    tcp::endpoint here;
    std::memcpy(here.data(), a->ifa_addr, domain == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    auto address = here.address();
    const bool is_of_link = address.is_v6() && address.to_v6().is_link_local();
    if (!is_of_link) return address;
    if (!found) found = address;
  }
  return found;
}

}  // namespace

address_family local_end::family() const {
  if (!address) return address_family::any;
  return address->is_v4() ? address_family::ipv4 : address_family::ipv6;
}

core::parsed<local_end> find_local_end(const std::string& text) {
  const auto shown = "'" + printable(text) + "'";
  if (::if_nametoindex(text.c_str()) != 0) return local_end{.device = text};
  error_code ec;
  const auto address = asio::ip::make_address(text, ec);
  if (ec) return core::problem{shown + " is neither an interface of this machine nor an address"};
  const unique_fd fd{::socket(domain_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0)};
  ec = fd ? bind_to_address(address, fd.get()) : last_error();
  if (ec) return core::problem{shown + " is no address of this machine (" + ec.message() + ")"};
  return local_end{.address = address};
}

error_code bind_to(const local_end& from, int fd, int domain) {
  auto address = from.address;
  if (!from.device.empty()) {
    const auto size = static_cast<socklen_t>(from.device.size());
    if (::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, from.device.c_str(), size) == 0) return {};
    if (errno != EPERM) return last_error();
    address = address_of(from.device, domain);
    if (!address) return asio::error::make_error_code(asio::error::address_family_not_supported);
  }
  return address ? bind_to_address(*address, fd) : error_code{};
}

bool has_family(address_family family) {
  if (family == address_family::any) return true;
  // The addresses of documents stand for all that a way leads to; no packet goes there.
  const auto* const texts = family == address_family::ipv4 ? "127.0.0.1 192.0.2.1" : "::1 2001:db8::1";
  const std::string_view both{texts};
  const auto space = both.find(' ');
  for (const auto one : {both.substr(0, space), both.substr(space + 1)})
    if (source_towards(asio::ip::make_address(std::string{one}))) return true;
  return false;
}

}  // namespace sluice::io
