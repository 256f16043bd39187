#include "core/net/proxy_dialogue.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace sluice::core {
namespace {

using std::string_view;

constexpr char version_5 = 5, login_version = 1;
constexpr char no_login = 0, by_password = 2;
constexpr char connect_command = 1, type_v4 = 1, type_name = 3, type_v6 = 4;

/// RFC 1928, section 5: the type, the address and the port.
std::string address_of(const std::string& host, std::uint16_t port) {
  std::array<char, 16> bytes{};
  std::string out;
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1)
    out = type_v4 + std::string{bytes.data(), 4};
  else if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1)
    out = type_v6 + std::string{bytes.data(), 16};
  else
    out = type_name + std::string(1, static_cast<char>(host.size())) + host;
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
  return out;
}

struct refusal {
  errc error;
  const char* text;
};
/// RFC 1928, section 6.
refusal meaning_of(unsigned char code) noexcept {
  switch (code) {
    case 1:
      return {errc::proxy_cannot_reach, "general failure"};
    case 2:
      return {errc::proxy_refused, "not allowed by its rules"};
    case 3:
      return {errc::proxy_cannot_reach, "network unreachable"};
    case 4:
      return {errc::proxy_cannot_reach, "host unreachable"};
    case 5:
      return {errc::proxy_cannot_reach, "connection refused"};
    case 6:
      return {errc::proxy_cannot_reach, "time to live ended"};
    case 7:
      return {errc::proxy_refused, "it connects nobody"};
    case 8:
      return {errc::proxy_refused, "it does not know such an address"};
    default:
      return {errc::proxy_failed, "no code of SOCKS 5"};
  }
}

class socks5_dialogue final : public proxy_dialogue {
 public:
  socks5_dialogue(const std::string& host, std::uint16_t port, const proxy& via)
      : request_{std::string{version_5, connect_command, 0} + address_of(host, port)}, login_{via.login} {
    send(login_ ? std::string{version_5, 2, no_login, by_password} : std::string{version_5, 1, no_login});
  }

  std::size_t hear(string_view bytes) override {
    if (bytes.size() < 2) return 0;
    switch (awaits_) {
      case state::method:
        return hear_method(bytes);
      case state::login:
        return hear_login(bytes);
      default:
        return hear_reply(bytes);
    }
  }

 private:
  enum class state { method, login, reply };

  std::size_t hear_method(string_view bytes) {
    if (bytes[0] != version_5) return fail(errc::proxy_failed, "it does not speak SOCKS 5");
    if (bytes[1] == no_login) {
      ask();
    } else if (bytes[1] == by_password && login_) {
      const auto size = [](const std::string& s) { return std::string(1, static_cast<char>(s.size())); };
      send(login_version + size(login_->user) + login_->user + size(login_->password) + login_->password);
      awaits_ = state::login;
    } else {
      return fail(errc::proxy_auth_refused, login_ ? "it takes no user and password, and asks for another way"
                                                   : "it asks for a user and a password");
    }
    return 2;
  }

  std::size_t hear_login(string_view bytes) {
    if (bytes[1] != 0) return fail(errc::proxy_auth_refused, "it does not take this user and password");
    ask();
    return 2;
  }

  std::size_t hear_reply(string_view bytes) {
    if (bytes[0] != version_5) return fail(errc::proxy_failed, "it does not speak SOCKS 5");
    const auto code = static_cast<unsigned char>(bytes[1]);
    if (code != 0) {
      const auto r = meaning_of(code);
      return fail(r.error, "SOCKS reply " + std::to_string(code) + ", " + r.text);
    }
    if (bytes.size() < 5) return 0;
    std::size_t size = 4 + 2;  // version, code, a zero and the type; the port
    if (bytes[3] == type_v4)
      size += 4;
    else if (bytes[3] == type_v6)
      size += 16;
    else if (bytes[3] == type_name)
      size += 1u + static_cast<unsigned char>(bytes[4]);
    else
      return fail(errc::proxy_failed, "its answer has no address");
    if (bytes.size() < size) return 0;
    succeed();
    return size;
  }

  void ask() {
    send(request_);
    awaits_ = state::reply;
  }

  std::string request_;
  std::optional<credentials> login_;
  state awaits_ = state::method;
};

}  // namespace

std::unique_ptr<proxy_dialogue> make_socks5(const std::string& host, std::uint16_t port, const proxy& via) {
  return std::make_unique<socks5_dialogue>(host, port, via);
}

}  // namespace sluice::core
