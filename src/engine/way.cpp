#include "engine/way.hpp"

#include "core/net/resolve_rule.hpp"
#include "io/net/unix_socket.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <system_error>
#include <utility>

namespace sluice::engine {
namespace {

using asio::ip::tcp;
using core::proxy;

const char* name_of(address_family f) { return f == address_family::ipv4 ? "IPv4" : "IPv6"; }

bool is_of(address_family wanted, const std::string& address) {
  return wanted == address_family::any || core::family_of(address) == wanted;
}

std::optional<asio::ip::address> read_address(const std::string& text, const char* member,
                                              std::vector<problem>& problems) {
  error_code ec;
  auto ip = asio::ip::make_address(text, ec);
  if (ec)
    problems.push_back({member, "'" + printable(text) + "' is not an IP address; names are for the URL"});
  else if (ip.is_v6() && text.find('%') != std::string::npos && ip.to_v6().scope_id() == 0)
    problems.push_back({member, "'" + printable(text) + "' has a zone that is no interface here"});
  else
    return ip;
  return std::nullopt;
}

std::vector<tcp::endpoint> read_endpoints(const config& cfg, std::uint16_t port,
                                          std::vector<problem>& problems) {
  std::vector<tcp::endpoint> all;
  for (const auto& a : cfg.addresses)
    if (const auto ip = read_address(a.ip, "addresses", problems))
      all.emplace_back(*ip, a.port != 0 ? a.port : port);
  return all;
}

/// Two members that cannot be combined.
struct clash {
  bool is_there;
  const char* member;
  const char* other;
};

/// The first clash is told, and not every pair.
void check_pairs(std::initializer_list<clash> all, const char* why, std::vector<problem>& problems) {
  const auto found = std::ranges::find_if(all, &clash::is_there);
  if (found != all.end()) problems.push_back({found->member, why, found->other});
}

void check_combinations(const config& cfg, bool has_proxy, std::vector<problem>& problems) {
  const bool resolve = !cfg.resolve.empty(), addresses = !cfg.addresses.empty();
  const bool family = cfg.family != address_family::any, from = !cfg.interface.empty();
  const bool socket = !cfg.unix_socket.empty();
  if (socket)
    check_pairs({{has_proxy, "unix_socket", "proxy.url"},
                 {resolve, "unix_socket", "resolve"},
                 {addresses, "unix_socket", "addresses"},
                 {family, "unix_socket", "family"},
                 {from, "unix_socket", "interface"},
                 {cfg.spread, "unix_socket", "spread"}},
                "a Unix socket is on this machine, and the network has no part in it; choose one", problems);
  if (cfg.connector)
    check_pairs({{socket, "unix_socket", "connector"},
                 {resolve, "resolve", "connector"},
                 {family, "family", "connector"},
                 {from, "interface", "connector"}},
                "a connector makes connections in its own way", problems);
  if (addresses)
    check_pairs({{resolve, "resolve", "addresses"}, {family, "family", "addresses"}},
                "the addresses are known already", problems);
}

void check_socket(const std::filesystem::path& path, std::vector<problem>& problems) {
  if (path.empty()) return;
  const auto shown = "'" + printable(path.string()) + "'";
  if (path.native().size() > io::longest_socket_path)
    problems.push_back({"unix_socket", shown + " is too long; the path of a Unix socket has at most " +
                                           std::to_string(io::longest_socket_path) + " bytes"});
  std::error_code ec;
  const auto found = std::filesystem::status(path, ec);
  if (std::filesystem::exists(found) && !std::filesystem::is_socket(found))
    problems.push_back({"unix_socket", shown + " is no Unix socket"});
}

/// The one family that connections may be of.
address_family choose_family(const config& cfg, const std::optional<io::local_end>& from,
                             std::vector<problem>& problems) {
  const auto ours = from ? from->family() : address_family::any;
  if (ours == address_family::any) {
    if (!io::has_family(cfg.family))
      problems.push_back({"family", "this machine has no " + std::string{name_of(cfg.family)} + " address"});
    return cfg.family;
  }
  if (cfg.family != address_family::any && cfg.family != ours)
    problems.push_back({"interface",
                        "'" + printable(cfg.interface) + "' is an " + name_of(ours) + " address, and only " +
                            name_of(cfg.family) + " may be used",
                        "family"});
  return ours;
}

/// The reader of config::resolve.
class hand_written {
 public:
  hand_written(const config& cfg, address_family family, std::vector<problem>& problems)
      : family_{family},
        narrowed_by_{cfg.family != address_family::any ? "family" : "interface"},
        problems_{problems} {
    for (const auto& text : cfg.resolve) {
      if (auto rule = core::parse_resolve_rule(text))
        rules_.push_back(std::move(*rule));
      else
        problems.push_back({"resolve", rule.error().what});
    }
  }

  bool has_one_for(const core::url& host) const { return core::find_rule(rules_, host) != nullptr; }

  /// The terms on which `host`, which `member` of the configuration names, is looked up.
  io::lookup_terms terms_for(const core::url& host, const char* member) {
    io::lookup_terms terms{{}, family_};
    const auto* rule = core::find_rule(rules_, host);
    if (rule != nullptr) {
      bool is_good = true;
      for (const auto& text : rule->addresses) {
        if (!is_of(family_, text)) continue;
        const auto ip = read_address(text, "resolve", problems_);
        is_good = is_good && ip;
        if (ip) terms.known.push_back(*ip);
      }
      if (is_good && terms.known.empty())
        problems_.push_back(
            {"resolve",
             "there is no " + std::string{name_of(family_)} + " address for '" + printable(host.host) + "'",
             narrowed_by_});
      else if (is_good && !is_some_reachable(terms.known))
        problems_.push_back({"resolve", "this machine has no address of the family of '" +
                                            printable(rule->addresses.front()) + "'"});
    } else if (host.host_is_ip && !is_of(family_, host.host)) {
      problems_.push_back({member,
                           "'" + host.host + "' is an " + name_of(core::family_of(host.host)) +
                               " address, and only " + name_of(family_) + " may be used",
                           narrowed_by_});
    }
    return terms;
  }

  void check_that_all_are_for(const core::url& endpoint, const core::url* proxys) {
    for (const auto& r : rules_) {
      if (r.is_for(endpoint) || (proxys != nullptr && r.is_for(*proxys))) continue;
      problems_.push_back(
          {"resolve",
           "'" + printable(r.host) + ":" + std::to_string(r.port) +
               "' is not what this run connects to: the URL's is '" + core::tunnel_target(endpoint) + "'" +
               (proxys != nullptr ? ", and the proxy's '" + core::tunnel_target(*proxys) + "'" : "")});
    }
  }

 private:
  static bool is_some_reachable(const std::vector<asio::ip::address>& all) {
    return std::ranges::any_of(all, [](const auto& a) {
      return io::has_family(a.is_v4() ? address_family::ipv4 : address_family::ipv6);
    });
  }

  address_family family_;
  const char* narrowed_by_;  ///< the member that leaves one family alone
  std::vector<problem>& problems_;
  std::vector<core::resolve_rule> rules_;
};

}  // namespace

bool may_write_host(const config& cfg) {
  const auto url = core::parse_url(cfg.url);
  const auto is_for_it = [&](const std::string& text) {
    const auto rule = core::parse_resolve_rule(text);
    return rule && url && rule->is_for(*url);
  };
  return !cfg.addresses.empty() || std::ranges::any_of(cfg.resolve, is_for_it);
}

way compile_way(const config& cfg, const core::url& endpoint, io::proxy_terms* via,
                std::vector<problem>& problems) {
  way w;
  w.unix_socket = cfg.unix_socket;
  w.addresses = read_endpoints(cfg, endpoint.port, problems);
  const auto before = problems.size();
  check_combinations(cfg, via != nullptr, problems);
  if (problems.size() != before) return w;
  check_socket(cfg.unix_socket, problems);
  if (!cfg.interface.empty()) {
    auto found = io::find_local_end(cfg.interface);
    if (!found) {
      problems.push_back({"interface", found.error().what});
      return w;
    }
    w.from = std::move(*found);
  }
  const auto family = choose_family(cfg, w.from, problems);
  if (problems.size() != before) return w;
  const bool had_some = !w.addresses.empty();
  std::erase_if(w.addresses, [&](const auto& a) { return !is_of(family, a.address().to_string()); });
  if (had_some && w.addresses.empty())
    problems.push_back(
        {"addresses", "there is no " + std::string{name_of(family)} + " address", "interface"});
  hand_written by_hand{cfg, family, problems};
  const auto* const proxys = via != nullptr ? &via->proxy.at : nullptr;
  by_hand.check_that_all_are_for(endpoint, proxys);
  if (via != nullptr) via->lookup = by_hand.terms_for(via->proxy.at, "proxy.url");
  const bool asks_for_endpoint = via == nullptr || via->proxy.speaks == proxy::kind::socks5;
  if (asks_for_endpoint)
    w.lookup = by_hand.terms_for(endpoint, "url");
  else if (by_hand.has_one_for(endpoint) && !by_hand.has_one_for(via->proxy.at))
    problems.push_back({"resolve",
                        "the proxy looks up the endpoint's name; drop one, or name the host in no_proxy",
                        "proxy.url"});
  return w;
}

}  // namespace sluice::engine
