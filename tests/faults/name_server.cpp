#include "faults/name_server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <optional>
#include <stdexcept>

namespace support {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t header_size = 12;

bool is_readable(int fd, milliseconds time) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, static_cast<int>(time.count())) > 0;
}

/// The question, and the size of what the message has up to its end.
std::optional<std::pair<dns_question, std::size_t>> read_question(std::string_view message) {
  dns_question q;
  std::size_t at = header_size;
  while (at < message.size() && message[at] != 0) {
    const auto size = static_cast<unsigned char>(message[at]);
    if (at + 1 + size >= message.size()) return std::nullopt;
    if (!q.name.empty()) q.name += '.';
    for (const char c : message.substr(at + 1, size))
      q.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    at += 1 + size;
  }
  if (at + 5 > message.size()) return std::nullopt;
  q.six = message[at + 2] == 28;
  return std::pair{q, at + 5};
}

std::string number(std::size_t n) { return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)}; }

/// The reply's bytes; none where the server keeps silent.
std::string reply_to(std::string_view message, std::size_t question_end, const dns_step& step, bool tcp) {
  const auto what = step.what == dns_answer::truncated && tcp ? dns_answer::address : step.what;
  const auto rcode = [&] {
    switch (what) {
      case dns_answer::failure:
        return 2;
      case dns_answer::no_such_name:
        return 3;
      case dns_answer::refused:
        return 5;
      default:
        return 0;
    }
  }();
  if (what == dns_answer::silence) return {};
  const bool answered =
      what == dns_answer::address || what == dns_answer::wrong_id || what == dns_answer::torn;
  std::string out{message.substr(0, 2)};
  if (what == dns_answer::wrong_id) out[0] = static_cast<char>(out[0] ^ 0x55);
  if (what == dns_answer::garbage) return out + std::string(60, '\xff');
  out += static_cast<char>(0x81 | (what == dns_answer::truncated ? 2 : 0));
  out += static_cast<char>(0x80 | rcode);
  out += number(1) + number(answered ? 1 : 0) + number(0) + number(0);
  out += message.substr(header_size, question_end - header_size);
  if (!answered) return out;
  out += "\xc0\x0c" + number(step.bytes.size() == 16 ? 28 : 1) + number(1) + number(0) + number(60) +
         number(step.bytes.size());
  return out + (what == dns_answer::torn ? step.bytes.substr(0, 2) : step.bytes);
}

}  // namespace

std::string loopback_bytes(bool six) {
  const std::string four{127, 0, 0, 1};
  return six ? std::string(10, '\0') + "\xff\xff" + four : four;
}

// Tests run side by side, and resolv.conf knows no ports: each process has a loopback address of its own.
dns_server::dns_server(script says) : says_{std::move(says)} {
  const auto pid = static_cast<unsigned>(::getpid());
  address_ = "127.53." + std::to_string(pid / 250 % 250) + "." + std::to_string(1 + pid % 250);
  udp_ = std::make_unique<bound_socket>(address_, SOCK_DGRAM, 53);
  tcp_ = std::make_unique<bound_socket>(address_, SOCK_STREAM, 53);
  if (::listen(tcp_->fd(), 64) != 0) throw std::runtime_error("a name server cannot listen");
  udp_thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
  tcp_thread_ = std::jthread{[this](const std::stop_token& stop) { serve_tcp(stop); }};
}

dns_server::dns_server(dns_answer what)
    : dns_server{[what](const dns_question&) { return dns_step{what}; }} {}

dns_server::~dns_server() {
  udp_thread_.request_stop();
  tcp_thread_.request_stop();
}

std::set<std::string> dns_server::names() const {
  const std::lock_guard lock{mutex_};
  return names_;
}

void dns_server::serve(const std::stop_token& stop) {
  struct datagram {
    std::string bytes;
    sockaddr_in to;
  };
  std::multimap<steady_clock::time_point, datagram> later;
  while (!stop.stop_requested()) {
    for (; !later.empty() && later.begin()->first <= steady_clock::now(); later.erase(later.begin())) {
      auto& [bytes, to] = later.begin()->second;
      ::sendto(udp_->fd(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    if (!is_readable(udp_->fd(), milliseconds{later.empty() ? 20 : 1})) continue;
    std::array<char, 1500> room{};
    datagram d{};
    socklen_t size = sizeof d.to;
    const auto n =
        ::recvfrom(udp_->fd(), room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&d.to), &size);
    if (n < 0) continue;
    const std::string_view message{room.data(), static_cast<std::size_t>(n)};
    const auto question = read_question(message);
    if (!question) continue;
    {
      const std::lock_guard lock{mutex_};
      names_.insert(question->first.name);
    }
    ++queries_;
    const auto step = says_(question->first);
    d.bytes = reply_to(message, question->second, step, false);
    if (!d.bytes.empty()) later.emplace(steady_clock::now() + step.after, std::move(d));
  }
}

void dns_server::serve_tcp(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (!is_readable(tcp_->fd(), milliseconds{20})) continue;
    const int fd = ::accept4(tcp_->fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const wire client{fd};
    std::string received;
    while (received.size() < 2 || received.size() < 2 + static_cast<unsigned char>(received[0]) * 256u +
                                                        static_cast<unsigned char>(received[1])) {
      const auto more = is_readable(fd, milliseconds{1000}) ? client.receive() : std::string{};
      if (more.empty()) break;
      received += more;
    }
    const auto message = std::string_view{received}.substr(std::min<std::size_t>(2, received.size()));
    const auto question = read_question(message);
    if (!question) continue;
    const auto reply = reply_to(message, question->second, says_(question->first), true);
    client.send(number(reply.size()) + reply);
  }
}

}  // namespace support
