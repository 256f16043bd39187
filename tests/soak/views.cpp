#include "soak/views.hpp"

#include "support/process.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace soak {
namespace {

class client {
 public:
  template <class Address>
  explicit client(const Address& a) : fd_{::socket(a.first, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const timeval patience{20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&a.second), sizeof a.second) == 0;
  }
  ~client() { ::close(fd_); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// The reply up to its end, or to the end of the line after `until`.
  std::string exchange(const std::string& request, const std::string& until) {
    std::string all;
    if (!connected_) return all;
    ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
    std::array<char, 65536> buffer{};
    for (ssize_t n = 0; (n = ::recv(fd_, buffer.data(), buffer.size(), 0)) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(n));
      const auto at = until.empty() ? std::string::npos : all.find(until);
      if (at != std::string::npos && all.find('\n', at + until.size()) != std::string::npos) break;
    }
    return all;
  }

 private:
  int fd_;
  bool connected_ = false;
};

std::pair<int, sockaddr_un> address_of(const std::string& path) {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  std::strncpy(a.sun_path, path.c_str(), sizeof a.sun_path - 1);
  return {AF_UNIX, a};
}

std::pair<int, sockaddr_in> port_of(const std::string& port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {AF_INET, a};
}

void take_numbers(const nlohmann::json& from, std::map<std::string, double>& into) {
  for (const auto& [key, value] : from.items())
    if (value.is_number()) into[key] = value.get<double>();
}

/// The names of the control socket for those of the metrics.
std::string figure_of(std::string_view metric) {
  constexpr std::array names{
      std::pair{"sluice_backlog_files", "backlog"},
      std::pair{"sluice_oldest_waiting_seconds", "oldest_age_s"},
      std::pair{"sluice_bytes_total", "bytes"},
      std::pair{"sluice_retries_total", "retries"},
      std::pair{"sluice_unknown_outcomes_total", "unknown_outcomes"},
      std::pair{"sluice_connections_total", "connections"},
      std::pair{"sluice_in_flight", "in_flight"},
      std::pair{"sluice_window", "window"},
      std::pair{"sluice_backing_off_files", "backing_off"},
      std::pair{"sluice_endpoint_state_seconds", "state_age_s"},
      std::pair{"sluice_pause_seconds", "pause_s"},
      std::pair{"sluice_only_rescans", "only_rescans"},
  };
  for (const auto& [theirs, ours] : names)
    if (metric == theirs) return ours;
  constexpr std::string_view fate = "sluice_files_total{fate=\"";
  if (metric.starts_with(fate))
    return std::string{metric.substr(fate.size(), metric.size() - fate.size() - 2)};
  return std::string{metric};
}

}  // namespace

std::optional<double> view::find(const std::string& figure) const {
  const auto it = figures.find(figure);
  return it == figures.end() ? std::nullopt : std::optional{it->second};
}

std::optional<view> ask_control(const std::string& socket) {
  const auto line = client{address_of(socket)}.exchange("{\"command\":\"status\"}\n", "}");
  const auto reply = nlohmann::json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("status")) return std::nullopt;
  const auto& s = reply.at("status");
  view v{"ctl status", s.at("state"), {}};
  take_numbers(s, v.figures);
  v.figures["only_rescans"] = s.at("only_rescans").get<bool>() ? 1 : 0;
  double reasons = 0;
  for (const auto& r : s.at("reasons"))
    if (r.at("fate") == "rejected") reasons += r.at("count").get<double>();
  v.figures["reasons"] = reasons;
  return v;
}

std::string page::get(const std::string& target, const std::string& until) const {
  return client{port_of(port_)}.exchange(
      "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port_ + "\r\nConnection: close\r\n\r\n", until);
}

view page::ask_metrics() const {
  view v{"metrics", "", {}};
  double attempts = 0;
  for (const auto& line : support::lines_of(get("/metrics"))) {
    const auto space = line.rfind(' ');
    if (!(line.starts_with("sluice_") || line.starts_with("process_")) || space == std::string::npos)
      continue;
    const auto metric = line.substr(0, space);
    const auto value = std::strtod(line.c_str() + space, nullptr);
    constexpr std::string_view state = "sluice_endpoint_state{state=\"";
    if (metric.starts_with(state) && value == 1)
      v.state += metric.substr(state.size(), metric.size() - state.size() - 2);
    if (metric.starts_with("sluice_attempts_total{")) attempts += value;
    v.figures[figure_of(metric)] = value;
  }
  v.figures["attempts"] = attempts;
  return v;
}

view page::ask_now() const {
  const std::string event = "event: now\ndata: ";
  const auto all = get("/events", event);
  const auto at = all.find(event);
  if (at == std::string::npos) return {"page", "", {}};
  const auto begin = at + event.size();
  const auto now = nlohmann::json::parse(all.substr(begin, all.find('\n', begin) - begin));
  view v{"page", now.at("state"), {}};
  take_numbers(now, v.figures);
  take_numbers(now.at("fates"), v.figures);
  v.figures["only_rescans"] = now.at("only_rescans").get<bool>() ? 1 : 0;
  for (const auto& [theirs, ours] :
       {std::pair{"oldest", "oldest_age_s"}, std::pair{"unknown", "unknown_outcomes"},
        std::pair{"state_age", "state_age_s"}})
    if (auto node = v.figures.extract(theirs); !node.empty()) v.figures[ours] = node.mapped();
  return v;
}

view page::ask_health() const {
  const auto reply = get("/healthz");
  const auto body = reply.find("\r\n\r\n");
  if (!reply.starts_with("HTTP/1.1 ") || body == std::string::npos) return {"healthz", "", {}};
  const auto text = reply.substr(body + 4);
  return {"healthz",
          text.substr(0, text.find_first_of(":\n")),
          {{"code", std::strtod(reply.c_str() + 9, nullptr)}}};
}

}  // namespace soak
