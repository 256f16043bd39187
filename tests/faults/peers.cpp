#include "faults/peers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace support {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// An address and its length, whatever its family.
struct name {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&storage); }
  in_port_t& port() {
    return storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                         : reinterpret_cast<sockaddr_in*>(&storage)->sin_port;
  }
};

name name_of(const std::string& address, unsigned port) {
  name n;
  const bool six = address.find(':') != std::string::npos;
  n.storage.ss_family = six ? AF_INET6 : AF_INET;
  n.size = six ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  void* bytes = six ? static_cast<void*>(&reinterpret_cast<sockaddr_in6*>(&n.storage)->sin6_addr)
                    : &reinterpret_cast<sockaddr_in*>(&n.storage)->sin_addr;
  if (::inet_pton(n.storage.ss_family, address.c_str(), bytes) != 1) fail("no address: " + address);
  n.port() = htons(static_cast<std::uint16_t>(port));
  return n;
}

name name_of(int fd) {
  name n;
  n.size = sizeof n.storage;
  if (::getsockname(fd, n.any(), &n.size) != 0) fail("getsockname");
  return n;
}

/// Waits for `what` at most `time`; the events that are there.
short wait_for(int fd, short what, milliseconds time) {
  pollfd p{fd, what, 0};
  ::poll(&p, 1, static_cast<int>(time.count()));
  return p.revents;
}

}  // namespace

bound_socket::bound_socket(const std::string& address, int type, unsigned port) {
  auto n = name_of(address, port);
  fd_ = ::socket(n.storage.ss_family, type | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  const int yes = 1;
  ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(fd_, n.any(), n.size) != 0) {
    ::close(fd_);
    fail("cannot bind " + address);
  }
  port_ = ntohs(name_of(fd_).port());
}

bound_socket::~bound_socket() { ::close(fd_); }

full_port::full_port(const std::string& address, unsigned port) : socket_{address, SOCK_STREAM, port} {
  if (::listen(socket_.fd(), 0) != 0) fail("listen");
  for (bool answered = true; answered;) {  // the loop ends when one more is left without an answer
    auto to = name_of(socket_.fd());
    const int fd = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    waiting_.push_back(fd);
    ::connect(fd, to.any(), to.size);
    answered = (wait_for(fd, POLLOUT, 200ms) & POLLOUT) != 0;
  }
}

full_port::~full_port() {
  for (const int fd : waiting_) ::close(fd);
}

wire::~wire() { ::close(fd_); }

bool wire::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string wire::receive() const {
  std::string bytes(65536, '\0');
  const auto n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::string wire::read_request() const {
  std::string all;
  for (std::size_t whole = std::string::npos; all.size() < whole;) {
    const auto more = receive();
    if (more.empty()) return {};
    all += more;
    const auto end = all.find("\r\n\r\n"), length = all.find("Content-Length: ");
    if (whole == std::string::npos && end != std::string::npos && length < end)
      whole = end + 4 + std::stoul(all.substr(length + 16));
  }
  return all;
}

bool wire::rest(milliseconds time) const { return wait_for(fd_, POLLRDHUP, time) == 0; }
void wire::finish() const { ::shutdown(fd_, SHUT_WR); }
void wire::cut() const { ::shutdown(fd_, SHUT_RDWR); }

int connect_to(unsigned port) {
  auto to = name_of("127.0.0.1", port);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::connect(fd, to.any(), to.size) != 0) fail("cannot connect");
  return fd;
}

void pass_on(const wire& client, const wire& server, std::uint64_t nth) {
  std::array<pollfd, 2> ready{pollfd{client.fd(), POLLIN, 0}, pollfd{server.fd(), POLLIN, 0}};
  for (std::uint64_t passed = 0; ::poll(ready.data(), ready.size(), -1) > 0;) {
    if (ready[1].revents != 0) {
      const auto bytes = server.receive();
      if (bytes.empty() || !client.send(bytes)) return;
    }
    if (ready[0].revents != 0) {
      auto bytes = client.receive();
      if (nth >= passed && nth - passed < bytes.size()) bytes[nth - passed] ^= 1;
      passed += bytes.size();
      if (bytes.empty() || !server.send(bytes)) return;
    }
  }
}

void wire::reset() const {
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  ::connect(fd_, &nobody, sizeof nobody);
}

tcp_peer::tcp_peer(std::function<void(wire&)> serve, const std::string& address, unsigned port)
    : socket_{address, SOCK_STREAM, port}, serve_{std::move(serve)} {
  if (::listen(socket_.fd(), 64) != 0) fail("listen");
  acceptor_ = std::jthread{[this](const std::stop_token& stop) { accept_all(stop); }};
}

tcp_peer::~tcp_peer() {
  acceptor_.request_stop();
  acceptor_.join();
  for (const auto& w : wires_) w.cut();
  threads_.clear();
}

std::string tcp_peer::url(const std::string& scheme) const {
  return scheme + "://127.0.0.1:" + std::to_string(socket_.port()) + "/upload";
}

void tcp_peer::accept_all(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (wait_for(socket_.fd(), POLLIN, 20ms) == 0) continue;
    const int fd = ::accept4(socket_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    auto& w = wires_.emplace_back(fd);
    threads_.emplace_back([this, &w] {
      serve_(w);
      w.cut();
    });
  }
}

}  // namespace support
