#include "support/chaos_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace support {
namespace {

constexpr std::size_t header_size = 5;

[[noreturn]] void proxy_failed(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

const sockaddr* generic(const sockaddr_in& a) { return reinterpret_cast<const sockaddr*>(&a); }

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

void chaos_proxy::scanner::scan(std::string_view bytes) {
  while (!bytes.empty()) {
    if (at < edges.back()) {  // the place is inside a record whose header is known
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(edges.back() - at, bytes.size()));
      at += n, bytes.remove_prefix(n);
      continue;
    }
    const auto n = std::min(header_size - header.size(), bytes.size());
    header += bytes.substr(0, n);
    bytes.remove_prefix(n);
    if (header.size() < header_size) return;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header[i]); };
    const auto size = header_size + (std::size_t{byte(3)} << 8U | byte(4));
    records.push_back({byte(0), size});
    at = edges.back() + header_size;
    edges.push_back(edges.back() + size);
    header.clear();
  }
}

chaos_proxy::chaos_proxy(std::uint16_t server_port, std::optional<plan> p)
    : server_port_{server_port}, plan_{p} {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, generic(address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    proxy_failed("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
}

chaos_proxy::~chaos_proxy() {
  for (auto& l : links_) close(l);
  ::close(listener_);
}

void chaos_proxy::close(link& l) {
  for (auto* fd : {&l.lanes[0].from, &l.lanes[0].to})
    if (*fd >= 0) ::close(*fd);
  for (auto& way : l.lanes) way.from = way.to = -1;
}

void chaos_proxy::accept() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(server_port_);
  if (server < 0 || ::connect(server, generic(address), sizeof address) != 0) {
    ::close(client), ::close(server);
    return;
  }
  no_delay(client), no_delay(server);
  auto& l = links_.emplace_back();
  l.lanes[0].from = l.lanes[1].to = client;
  l.lanes[0].to = l.lanes[1].from = server;
  l.faulty = ++connections_ == 1;
  if (l.faulty && plan_ && plan_->what != fault::flip && plan_->edge == 0 && plan_->shift == 0) strike(l);
}

/// Where it strikes, counted from the first byte; known as soon as the record before it has begun.
std::optional<std::uint64_t> chaos_proxy::place() const {
  const auto& edges = seen_[index(plan_->where)].edges;
  if (plan_->edge >= edges.size()) return std::nullopt;
  return edges[plan_->edge] + static_cast<std::uint64_t>(plan_->shift);
}

/// False when nothing came.
bool chaos_proxy::read(link& l, std::size_t which) {
  auto& way = l.lanes[which];
  std::array<char, 16384> buffer{};
  const auto n = ::recv(way.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && would_block()) return false;
  if (n <= 0) {
    way.ended = true;
    return true;
  }
  if (l.dropping) return true;
  way.waiting.append(buffer.data(), static_cast<std::size_t>(n));
  if (l.faulty) seen_[which].scan({buffer.data(), static_cast<std::size_t>(n)});
  return true;
}

void chaos_proxy::write(link& l, std::size_t which) {
  auto& way = l.lanes[which];
  auto most = way.waiting.size();
  const bool armed = l.faulty && plan_ && !struck_ && index(plan_->where) == which;
  if (const auto target = armed ? place() : std::nullopt; target && *target >= way.passed) {
    const auto before = static_cast<std::size_t>(*target - way.passed);
    if (plan_->what != fault::flip) {
      most = std::min(most, before);
    } else if (before < most) {
      way.waiting[before] = static_cast<char>(way.waiting[before] ^ 1);
      struck_ = true;
    }
  }
  while (most > 0) {
    const auto n = ::send(way.to, way.waiting.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && would_block()) break;
    const auto gone = n < 0 ? most : static_cast<std::size_t>(n);  // a peer that has left hears nothing
    way.waiting.erase(0, gone);
    way.passed += gone, most -= gone;
  }
  if (armed && !struck_ && plan_->what != fault::flip && place() == way.passed) strike(l);
  if (way.ended && way.waiting.empty() && !std::exchange(way.closed, true)) ::shutdown(way.to, SHUT_WR);
}

void chaos_proxy::strike(link& l) {
  struck_ = true;
  switch (plan_->what) {
    case fault::fin:
      l.dropping = true;
      for (auto& way : l.lanes) {
        way.waiting.clear();
        way.closed = true;
        ::shutdown(way.to, SHUT_WR);
      }
      return;
    case fault::rst: {
      const linger at_once{1, 0};
      for (const auto& way : l.lanes) ::setsockopt(way.to, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      close(l);
      return;
    }
    case fault::stall:
      l.stalled = true;
      return;
    case fault::flip:
      return;
  }
}

void chaos_proxy::turn(std::chrono::milliseconds most) {
  for (;;) {
    std::vector<pollfd> ready{{listener_, POLLIN, 0}};
    std::vector<std::pair<link*, std::size_t>> whose{{nullptr, 0}};
    for (auto& l : links_)
      for (std::size_t i = 0; i < 2; ++i) {
        const auto& way = l.lanes[i];
        if (l.stalled || way.from < 0) continue;
        if (!way.waiting.empty()) {
          ready.push_back({way.to, POLLOUT, 0}), whose.emplace_back(&l, i);
        } else if (!way.ended) {
          ready.push_back({way.from, POLLIN, 0}), whose.emplace_back(&l, i);
        }
      }
    if (::poll(ready.data(), ready.size(), static_cast<int>(most.count())) <= 0) return;
    if ((ready[0].revents & POLLIN) != 0) accept();
    for (std::size_t i = 1; i < ready.size(); ++i) {
      auto& [l, which] = whose[i];
      if (ready[i].revents == 0 || l->stalled || l->lanes[which].from < 0) continue;
      if (ready[i].events == POLLIN && !read(*l, which)) continue;
      write(*l, which);
    }
    std::erase_if(links_, [](link& l) {
      const bool over = l.lanes[0].from < 0 || (l.lanes[0].ended && l.lanes[1].ended &&
                                                l.lanes[0].waiting.empty() && l.lanes[1].waiting.empty());
      if (over) close(l);
      return over;
    });
  }
}

}  // namespace support
