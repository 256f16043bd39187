#include "sink/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>

namespace sink {
namespace {

std::string form_before(const std::string& name) {
  return "--B\r\nContent-Disposition: form-data; name=\"mark\"\r\n\r\nx\r\n"
         "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
         name + "\"\r\nContent-Type: image/jpeg\r\n\r\n";
}

}  // namespace

endpoint::endpoint(const std::string& rules, void (*change)(options&)) {
  options_.http = true;
  options_.ledger = dir_ / "ledger";
  options_.script = "{\"rules\":[" + rules + "]}";
  change(options_);
  if (!options_.http) tls_ = make_tls_context(options_, ca_);
  service_ = std::make_unique<service>(options_);
  service_->tls = tls_.get();
  server_ = std::make_unique<server>(loop_, *service_);
  server_->start();
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread{[this] { loop_.run(); }};
}

std::vector<nlohmann::json> endpoint::stop() {
  if (thread_.joinable()) {
    asio::post(loop_, [this] { server_->stop(); });
    thread_.join();
    service_->log.flush();
  }
  std::vector<nlohmann::json> lines;
  std::istringstream in{content_of(options_.ledger)};
  for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

client::client(const endpoint& e) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(e.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("no connection");
  set_timeout(milliseconds{10'000});
  if (!e.secure()) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
}

client::~client() {
  ssl_.reset();
  ::close(fd_);
}

void client::set_timeout(milliseconds time) {
  const timeval limit{time.count() / 1000, time.count() % 1000 * 1000};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

bool client::handshake() { return SSL_connect(ssl_.get()) == 1; }

bool client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                        : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) {
      if (errno == ECONNRESET || errno == EPIPE) ended_ = ending::reset;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string client::receive() {
  if (!early_.empty()) return std::exchange(early_, {});
  char bytes[16384];
  const auto n = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
  if (n > 0) return std::string(bytes, static_cast<std::size_t>(n));
  if ((n == 0 || (ssl_ && errno == 0)) && ended_ == ending::none) ended_ = ending::fin;
  if (n < 0 && errno == ECONNRESET) ended_ = ending::reset;
  return {};
}

std::string client::reply() {
  std::string all;
  for (;;) {
    const auto length = all.find("Content-Length: ");
    const auto head = length == std::string::npos ? length : all.find("\r\n\r\n", length);
    if (head != std::string::npos) {
      const auto size = head + 4 + std::strtoull(all.c_str() + length + 16, nullptr, 10);
      if (all.size() >= size) {
        early_ = all.substr(size);
        return all.substr(0, size);
      }
    }
    const auto more = receive();
    if (more.empty()) return all;
    all += more;
  }
}

std::string client::rest(std::size_t limit) {
  std::string all;
  for (auto more = receive(); !more.empty(); more = all.size() < limit ? receive() : "") all += more;
  return all;
}

std::string client::within(milliseconds time) {
  set_timeout(time);
  auto all = rest();
  set_timeout(milliseconds{10'000});
  return all;
}

bool client::got_close_notify() const { return SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN; }

void client::shut_down_sending() { ::shutdown(fd_, SHUT_WR); }

std::size_t bytes_before_content(const std::string& name) { return form_before(name).size(); }

std::string upload(const std::string& name, const std::string& content, const std::string& headers,
                   const std::string& target) {
  const auto body = form_before(name) + content + "\r\n--B--\r\n";
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string cut_upload(const std::string& name, const std::string& content, std::size_t cut) {
  auto whole = upload(name, content);
  whole.resize(whole.size() - cut);
  return whole;
}

}  // namespace sink
