#include "io/resolver.hpp"

#include <sluice/error.hpp>

#include <ares.h>
#include <netdb.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <functional>
#include <map>

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
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED:
      return asio::error::operation_aborted;
    default:
      return errc::resolver_failed;
  }
}

/// c-ares initialises a library-wide state once; a local static does it without a lock of ours.
bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

/// One query: a channel of its own, fed by the loop, gone when it is answered.
class query : public std::enable_shared_from_this<query> {
 public:
  using done = std::function<void(resolver::answer)>;

  explicit query(asio::any_io_executor executor) : executor_{executor}, timer_{executor} {}
  ~query() {
    handler_ = nullptr;  // the loop was destroyed under us: c-ares will report an end that nobody waits for
    close();
  }

  void start(const std::string& host, done handler) {
    handler_ = std::move(handler);
    ares_options options{};
    options.timeout = 2000;
    options.tries = 3;
    options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
      static_cast<query*>(self)->interest(fd, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (!library_ready() || ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) {
      finish({errc::resolver_failed, {}});
      return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(
        channel_, host.c_str(), nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* info) {
          static_cast<query*>(self)->answered(status, info);
        },
        this);
    arm_timer();
  }

  void cancel() { finish({asio::error::operation_aborted, {}}); }

 private:
  struct socket {
    asio::posix::stream_descriptor descriptor;
    bool read = false, write = false;       ///< what c-ares wants
    bool reading = false, writing = false;  ///< what is being waited for
    socket(const asio::any_io_executor& ex, int fd) : descriptor{ex, fd} {}
    void release() { descriptor.release(); }
  };

  void answered(int status, ares_addrinfo* info) {
    resolver::answer a{from_ares(status), {}};
    for (auto* node = info != nullptr ? info->nodes : nullptr; node != nullptr; node = node->ai_next) {
      if (node->ai_family == AF_INET) {
        asio::ip::address_v4::bytes_type b;
        std::memcpy(b.data(), &reinterpret_cast<sockaddr_in*>(node->ai_addr)->sin_addr, b.size());
        a.addresses.emplace_back(asio::ip::address_v4{b});
      } else if (node->ai_family == AF_INET6) {
        const auto* in6 = reinterpret_cast<sockaddr_in6*>(node->ai_addr);
        asio::ip::address_v6::bytes_type b;
        std::memcpy(b.data(), &in6->sin6_addr, b.size());
        a.addresses.emplace_back(asio::ip::address_v6{b, in6->sin6_scope_id});
      }
    }
    if (info != nullptr) ares_freeaddrinfo(info);
    if (!a.error && a.addresses.empty()) a.error = errc::host_not_found;
    finish(std::move(a));
  }

  // The channel may be calling us: it is destroyed from the loop, not from here.
  void finish(resolver::answer a) {
    if (!handler_) return;
    asio::post(executor_,
               [self = shared_from_this(), h = std::exchange(handler_, nullptr), a = std::move(a)]() mutable {
                 self->close();
                 h(std::move(a));
               });
  }

  /// Ends what is pending; each pending handler holds a reference to us until then.
  void close() {
    timer_.cancel();
    if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
    for (auto& [fd, s] : sockets_) s->release();
    sockets_.clear();
  }

  void interest(int fd, bool read, bool write) {
    auto it = sockets_.find(fd);
    if (!read && !write) {  // c-ares is about to close it
      if (it != sockets_.end()) {
        it->second->release();
        sockets_.erase(it);
      }
      return;
    }
    if (it == sockets_.end()) it = sockets_.emplace(fd, std::make_shared<socket>(executor_, fd)).first;
    it->second->read = read, it->second->write = write;
    wait(it->second, fd);
  }

  void wait(const std::shared_ptr<socket>& s, int fd) {
    if (s->read && !s->reading) {
      s->reading = true;
      s->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, ready(s, fd, true));
    }
    if (s->write && !s->writing) {
      s->writing = true;
      s->descriptor.async_wait(asio::posix::stream_descriptor::wait_write, ready(s, fd, false));
    }
  }

  std::function<void(error_code)> ready(const std::shared_ptr<socket>& s, int fd, bool for_read) {
    return [self = shared_from_this(), s, fd, for_read](error_code ec) {
      (for_read ? s->reading : s->writing) = false;
      if (ec || !self->handler_) return;
      ares_process_fd(self->channel_, for_read ? fd : ARES_SOCKET_BAD, for_read ? ARES_SOCKET_BAD : fd);
      if (!self->handler_) return;
      if (const auto it = self->sockets_.find(fd); it != self->sockets_.end() && it->second == s)
        self->wait(s, fd);
      self->arm_timer();
    };
  }

  void arm_timer() {
    timeval tv{};
    if (!handler_ || ares_timeout(channel_, nullptr, &tv) == nullptr) return;
    timer_.expires_after(std::chrono::seconds{tv.tv_sec} + std::chrono::microseconds{tv.tv_usec});
    timer_.async_wait([self = shared_from_this()](error_code ec) {
      if (ec || !self->handler_) return;
      ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->arm_timer();
    });
  }

  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  done handler_;
  std::map<int, std::shared_ptr<socket>> sockets_;
};

template <class Token>
auto async_query(asio::any_io_executor executor, std::string host, Token&& token) {
  return asio::async_initiate<Token, void(resolver::answer)>(
      [](auto handler, asio::any_io_executor ex, std::string name) {
        auto q = std::make_shared<query>(ex);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected())
          slot.assign([weak = std::weak_ptr{q}](asio::cancellation_type type) {
            const auto self = weak.lock();
            if (self && (type & asio::cancellation_type::terminal) != asio::cancellation_type::none)
              self->cancel();
          });
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        q->start(name, [shared, slot](resolver::answer a) mutable {
          slot.clear();
          std::move (*shared)(std::move(a));
        });
      },
      token, std::move(executor), std::move(host));
}

}  // namespace

resolver::resolver(asio::any_io_executor executor, std::string host)
    : executor_{std::move(executor)}, host_{std::move(host)} {}

awaitable<resolver::answer> resolver::resolve(asio::cancellation_slot abort) {
  error_code not_literal;
  if (const auto literal = asio::ip::make_address(host_, not_literal); !not_literal)
    co_return answer{{}, {literal}};
  const auto now = std::chrono::steady_clock::now();
  if (known_ && now < known_until_) co_return *known_;
  auto fresh =
      co_await async_query(executor_, host_, asio::bind_cancellation_slot(abort, asio::use_awaitable));
  if (!fresh.error) {
    known_ = fresh;
    known_until_ = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  }
  co_return fresh;
}

}  // namespace sluice::io
