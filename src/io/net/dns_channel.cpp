#include "io/net/dns_channel.hpp"

#include "core/http/token.hpp"

#include <sluice/error.hpp>

#include <ares.h>
#include <netdb.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

namespace sluice::io {
namespace {

error_code from_ares(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return {};
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
      return errc::host_not_found;
    default:
      return errc::resolver_failed;
  }
}

/// c-ares initialises a library-wide state once; a local static does it without a lock of ours.
bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

/// Frees `info`.
std::vector<asio::ip::address> take_addresses(ares_addrinfo* info) {
  const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owned{info, ares_freeaddrinfo};
  std::vector<asio::ip::address> all;
  for (auto* node = info != nullptr ? info->nodes : nullptr; node != nullptr; node = node->ai_next) {
    if (node->ai_family == AF_INET) {
      asio::ip::address_v4::bytes_type b;
      std::memcpy(b.data(), &reinterpret_cast<sockaddr_in*>(node->ai_addr)->sin_addr, b.size());
      all.emplace_back(asio::ip::address_v4{b});
    } else if (node->ai_family == AF_INET6) {
      const auto* in6 = reinterpret_cast<sockaddr_in6*>(node->ai_addr);
      asio::ip::address_v6::bytes_type b;
      std::memcpy(b.data(), &in6->sin6_addr, b.size());
      all.emplace_back(asio::ip::address_v6{b, in6->sin6_scope_id});
    }
  }
  return all;
}

ares_addrinfo_hints hints_for(int family) {
  ares_addrinfo_hints hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  return hints;
}

/// The address of localhost whatever the files and DNS say (RFC 6761 §6.3).
asio::ip::address loopback(int family) {
  if (family == AF_INET6) return asio::ip::address_v6::loopback();
  return asio::ip::address_v4::loopback();
}

}  // namespace

std::vector<asio::ip::address> addresses_of_files(const std::string& host, int family) {
  std::vector<asio::ip::address> found;
  char only_files[] = "f";
  ares_options options{};
  options.lookups = only_files;
  ares_channel channel = nullptr;
  if (!library_ready() || ares_init_options(&channel, &options, ARES_OPT_LOOKUPS) != ARES_SUCCESS)
    return found;
  // All families are asked for: c-ares 1.18 loses memory where the files have localhost in the other one
  // alone.
  const auto hints = hints_for(AF_UNSPEC);
  ares_getaddrinfo(
      channel, host.c_str(), nullptr, &hints,
      [](void* into, int, int, ares_addrinfo* info) {
        *static_cast<std::vector<asio::ip::address>*>(into) = take_addresses(info);
      },
      &found);
  ares_destroy(channel);
  if (family == AF_UNSPEC) return found;
  std::erase_if(found, [family](const auto& one) { return one.is_v6() != (family == AF_INET6); });
  if (found.empty() && core::equal_ignoring_case(host, "localhost")) found.push_back(loopback(family));
  return found;
}

struct dns_channel::question {
  std::weak_ptr<dns_channel> asker;
  answered done;

  static void end(void* self, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<question> q{static_cast<question*>(self)};
    dns_answer a{from_ares(status), take_addresses(info)};
    const auto asker = q->asker.lock();
    if (!asker || asker->channel_ == nullptr) return;
    if (!a.error && a.addresses.empty()) a.error = errc::host_not_found;
    asio::post(asker->executor_, [asker, done = std::move(q->done), a = std::move(a)] {
      if (asker->channel_ != nullptr) done(a);
    });
  }
};

struct dns_channel::socket {
  asio::posix::stream_descriptor descriptor;
  bool read = false, write = false;       ///< the events that c-ares wants
  bool reading = false, writing = false;  ///< the events that are being waited for
  socket(const asio::any_io_executor& ex, int fd) : descriptor{ex, fd} {}
};

bool dns_channel::open() {
  ares_options options{};
  options.timeout = 2000;
  options.tries = 3;
  char only_dns[] = "b";
  options.lookups = only_dns;
  options.ndomains = 0;  // the names are absolute
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<dns_channel*>(self)->interest(fd, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  const int mask =
      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
  return library_ready() && ares_init_options(&channel_, &options, mask) == ARES_SUCCESS;
}

void dns_channel::ask(const std::string& name, int family, answered done) {
  const auto hints = hints_for(family);
  auto q = std::make_unique<question>(weak_from_this(), std::move(done));
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, question::end, q.release());
  arm_timer();
}

void dns_channel::close() {
  timer_.cancel();
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  for (auto& [fd, s] : sockets_) s->descriptor.release();
  sockets_.clear();
}

void dns_channel::interest(int fd, bool read, bool write) {
  auto it = sockets_.find(fd);
  if (!read && !write) {  // c-ares is about to close it
    if (it != sockets_.end()) {
      it->second->descriptor.release();
      sockets_.erase(it);
    }
    return;
  }
  if (it == sockets_.end()) it = sockets_.emplace(fd, std::make_shared<socket>(executor_, fd)).first;
  it->second->read = read, it->second->write = write;
  wait(it->second, fd);
}

void dns_channel::wait(const std::shared_ptr<socket>& s, int fd) {
  if (s->read && !s->reading) {
    s->reading = true;
    s->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, ready(s, fd, true));
  }
  if (s->write && !s->writing) {
    s->writing = true;
    s->descriptor.async_wait(asio::posix::stream_descriptor::wait_write, ready(s, fd, false));
  }
}

std::function<void(error_code)> dns_channel::ready(const std::shared_ptr<socket>& s, int fd, bool for_read) {
  return [self = shared_from_this(), s, fd, for_read](error_code ec) {
    (for_read ? s->reading : s->writing) = false;
    if (ec || self->channel_ == nullptr) return;
    ares_process_fd(self->channel_, for_read ? fd : ARES_SOCKET_BAD, for_read ? ARES_SOCKET_BAD : fd);
    if (const auto it = self->sockets_.find(fd); it != self->sockets_.end() && it->second == s)
      self->wait(s, fd);
    self->arm_timer();
  };
}

void dns_channel::arm_timer() {
  timeval tv{};
  if (channel_ == nullptr || ares_timeout(channel_, nullptr, &tv) == nullptr) return;
  timer_.expires_after(std::chrono::seconds{tv.tv_sec} + std::chrono::microseconds{tv.tv_usec});
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec || self->channel_ == nullptr) return;
    ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->arm_timer();
  });
}

}  // namespace sluice::io
