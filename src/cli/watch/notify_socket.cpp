#include "notify_socket.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>

namespace sluice::cli {
namespace {

constexpr std::chrono::milliseconds before_again{50};

/// Time heals these errors: the manager is busy, or the process or machine has nothing left to give.
bool may_pass(int error) noexcept {
  return error == EAGAIN || error == EINTR || error == ENOBUFS || error == ENOMEM || error == EMFILE ||
         error == ENFILE;
}

std::string_view variable_of(std::string_view text) { return text.substr(0, text.find('=')); }

}  // namespace

notify_socket::notify_socket(const boost::asio::any_io_executor& executor, std::string_view name)
    : address_{address_of(name)}, again_{executor} {}

std::optional<notify_socket::address> notify_socket::address_of(std::string_view name) noexcept {
  address a;
  const bool abstract = name.starts_with('@');
  // A path ends with a zero byte. An abstract name begins with a zero byte and may fill the rest.
  if ((!abstract && !name.starts_with('/')) || name.size() < 2 ||
      name.size() + (abstract ? 0 : 1) > sizeof a.name.sun_path)
    return std::nullopt;
  a.name.sun_family = AF_UNIX;
  std::ranges::copy(name, a.name.sun_path);
  if (abstract) a.name.sun_path[0] = '\0';
  a.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
  return a;
}

void notify_socket::tell(std::string text) {
  if (!address_) return;
  std::erase_if(unsaid_, [&](const auto& old) { return variable_of(old) == variable_of(text); });
  unsaid_.push_back(std::move(text));
  if (unsaid_.size() == 1) say_all();
}

void notify_socket::say_all() {
  const auto waits = std::ranges::find_if_not(unsaid_, [this](const auto& text) { return say(text); });
  unsaid_.erase(unsaid_.begin(), waits);
  if (unsaid_.empty()) return;
  again_.expires_after(before_again);
  again_.async_wait([this](boost::system::error_code ec) {
    if (!ec) say_all();
  });
}

/// Each message has its own socket, because the manager may have a new one by then. Other errors are ignored:
/// nobody would hear of them.
bool notify_socket::say(const std::string& text) const noexcept {
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return !may_pass(errno);
  const auto sent = ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address_->name), address_->size);
  const bool later = sent < 0 && may_pass(errno);
  ::close(fd);
  return !later;
}

}  // namespace sluice::cli
