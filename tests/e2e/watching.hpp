// The tests of `sluice watch` share this: the program, its control socket, and a way to talk to it badly.
#pragma once

#include "e2e/e2e.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace e2e {

/// A client of a Unix socket that sends what it is told to.
class raw_client {
 public:
  explicit raw_client(const std::string& path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~raw_client() { ::close(fd_); }
  raw_client(const raw_client&) = delete;

  bool connected() const noexcept { return connected_; }
  void send(const std::string& bytes) const { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// All that comes until the other side closes; says so when it does not.
  std::string rest() const {
    std::string all;
    char buffer[4096];
    while (true) {
      const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n < 0 && errno == EAGAIN) return all + "(still open)";
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

class watching : public virtual test {
 protected:
  /// `sluice watch SPOOL URL --cacert CA --summary FILE --control SOCKET MORE...`, deleting what was sent.
  support::command watch_command(const support::sink& to, arguments more = {}) const {
    if (!to.ca().empty()) more.insert(more.begin(), {"--cacert", to.ca()});
    return watch_command(to.url(), more);
  }
  support::command watch_command(const std::string& url, const arguments& more) const {
    arguments all{"watch",  files.root(), url,      "--summary", room / "summary", "--on-success",
                  "delete", "--control",  control_, "--rescan",  "200ms"};
    all.insert(all.end(), more.begin(), more.end());
    return sluice(std::move(all));
  }
  /// One request, and then none for an hour: it goes on watching, with all but one file.
  static arguments almost_idle(arguments more = {}) {
    more.insert(more.begin(), {"--rate", "1/h"});
    return more;
  }

  support::finished ctl(arguments words) const {
    words.insert(words.begin(), {"ctl", "--control", control_});
    return support::run(sluice(std::move(words)));
  }
  nlohmann::json status() const {
    const auto asked = ctl({"status", "--json"});
    return asked.code == 0 ? nlohmann::json::parse(asked.out) : nlohmann::json{};
  }
  /// Waits until it answers.
  bool ready(support::process& p) const {
    return p.wait_until([&] { return std::filesystem::exists(control_) && ctl({"status"}).code == 0; });
  }
  static bool says(support::process& p, const std::string& text) {
    return p.wait_until([&] { return p.err().find(text) != std::string::npos; });
  }
  /// SIGTERM, and its end.
  outcome stop(support::process& p) const {
    p.signal(SIGTERM);
    return outcome_of(p);
  }
  static std::size_t threads_of(const support::process& p) {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(p.pid()) + "/task"})
      ++n;
    return n;
  }

  const std::string control_ = room / "control";
};

/// The values of one request header, in the order the requests came to their end.
inline std::vector<std::string> header_values(const support::sink& to, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& r : to.ledger()) values.push_back(r.line.at("headers").value(name, ""));
  return values;
}

}  // namespace e2e
