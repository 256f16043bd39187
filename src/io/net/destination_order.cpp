#include "io/net/destination_order.hpp"

#include "io/disk/unique_fd.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <tuple>

namespace sluice::io {
namespace {

namespace ip = boost::asio::ip;

ip::address_v6 as_v6(const ip::address& a) {
  return a.is_v6() ? a.to_v6() : ip::make_address_v6(ip::v4_mapped, a.to_v4());
}

struct policy {
  const char* prefix;
  unsigned bits;
  int precedence, label;
};

/// RFC 6724, section 2.1; the longest prefix comes first.
constexpr policy policies[] = {{"::1", 128, 50, 0},   {"::ffff:0:0", 96, 35, 4}, {"::", 96, 1, 3},
                               {"2001::", 32, 5, 5},  {"2002::", 16, 30, 2},     {"3ffe::", 16, 1, 12},
                               {"fec0::", 10, 1, 11}, {"fc00::", 7, 3, 13},      {"::", 0, 40, 1}};

const policy& policy_of(const ip::address& a) {
  const auto bytes = as_v6(a).to_bytes();
  return *std::ranges::find_if(policies, [&](const policy& p) {
    const auto prefix = ip::make_address_v6(p.prefix).to_bytes();
    for (unsigned bit = 0; bit < p.bits; ++bit)
      if (((bytes[bit / 8] ^ prefix[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
    return true;
  });
}

int scope_of(const ip::address& a) {
  constexpr int link_local = 2, site_local = 5, global = 14;
  if (a.is_v4()) {
    const auto b = a.to_v4().to_bytes();
    return b[0] == 127 || (b[0] == 169 && b[1] == 254) ? link_local : global;
  }
  const auto six = a.to_v6();
  if (six.is_v4_mapped()) return scope_of(ip::make_address_v4(ip::v4_mapped, six));
  if (six.is_loopback() || six.is_link_local()) return link_local;
  return six.is_site_local() ? site_local : global;
}

/// Compared member by member; the greater one is better.
auto rank_of(const destination& d) {
  const bool reached = d.from.has_value();
  return std::tuple{reached, reached && scope_of(*d.from) == scope_of(d.to),
                    reached && policy_of(*d.from).label == policy_of(d.to).label, policy_of(d.to).precedence,
                    -scope_of(d.to)};
}

}  // namespace

bool is_better(const destination& a, const destination& b) { return rank_of(a) > rank_of(b); }

std::optional<ip::address> source_towards(const ip::address& to) {
  const ip::udp::endpoint there{to, 53};
  const unique_fd fd{::socket(there.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!fd || ::connect(fd.get(), there.data(), static_cast<socklen_t>(there.size())) != 0)
    return std::nullopt;
  ip::udp::endpoint here;
  auto size = static_cast<socklen_t>(here.capacity());
  if (::getsockname(fd.get(), here.data(), &size) != 0) return std::nullopt;
  here.resize(size);
  return here.address();
}

}  // namespace sluice::io
