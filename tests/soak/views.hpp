// The views of a watch: the control socket, the metrics, the page and the health check.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace soak {

/// One view. The names of the figures are those of the control socket; a figure that is not known is absent.
struct view {
  std::string name;
  std::string state;
  std::map<std::string, double> figures;
  std::optional<double> find(const std::string& figure) const;
};

/// The watch's own words, from its Unix socket. Nothing while nobody listens.
std::optional<view> ask_control(const std::string& socket);

class page {
 public:
  page() = default;
  explicit page(std::string port) : port_{std::move(port)} {}

  view ask_metrics() const;
  /// The first `now` event.
  view ask_now() const;
  /// The figure `code` is the status.
  view ask_health() const;

 private:
  /// The reply to a GET, with its head; ends early once `until` is in it.
  std::string get(const std::string& target, const std::string& until = {}) const;

  std::string port_;
};

}  // namespace soak
