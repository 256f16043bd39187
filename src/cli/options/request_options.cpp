#include "request_options.hpp"

#include "credential.hpp"
#include "form_option.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace sluice::cli {
namespace {

/// `200`, `2xx` or `200-299`.
std::optional<std::pair<int, int>> parse_status_range(std::string_view text) {
  const bool is_class = text.size() == 3 && (text.ends_with("xx") || text.ends_with("XX"));
  const auto dash = text.find('-');
  const auto first = parse_count(is_class ? text.substr(0, 1) : text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_count(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > 999) return std::nullopt;
  if (is_class) return std::pair{static_cast<int>(*first * 100), static_cast<int>(*first * 100 + 99)};
  return std::pair{static_cast<int>(*first), static_cast<int>(*last)};
}

std::optional<std::vector<int>> parse_statuses(std::string_view text) {
  std::vector<int> statuses;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != text.npos;
    const auto range = parse_status_range(text.substr(0, comma));
    if (!range) return std::nullopt;
    for (int s = range->first; s <= range->second; ++s)
      if (std::ranges::find(statuses, s) == statuses.end()) statuses.push_back(s);
    if (more) text.remove_prefix(comma + 1);
  }
  return statuses;
}

std::optional<body_kind> parse_body(std::string_view text) {
  if (text == "form") return body_kind::form;
  if (text == "raw") return body_kind::raw;
  return std::nullopt;
}

std::optional<tls_version> parse_tls(std::string_view text) {
  if (text == "1.2") return tls_version::v1_2;
  if (text == "1.3") return tls_version::v1_3;
  return std::nullopt;
}

void read_addresses(const raw_options& options, option_reader& r, config& cfg) {
  cfg.resolve = options.list("resolve");
  // The two together are a contradiction, which is told without one of them.
  const bool four = options.flag("ipv4"), six = options.flag("ipv6");
  if (four != six) cfg.family = four ? address_family::ipv4 : address_family::ipv6;
  if (auto v = options.value("interface")) cfg.interface = *v;
  if (auto v = options.value("unix-socket")) cfg.unix_socket = *v;
  // A variable of a script that was not set must not change the way.
  for (const auto* name : {"interface", "unix-socket"})
    if (options.value(name) == "") r.complain(name, "the value is empty; leave the option out, or say which");
}

void read_proxy(const raw_options& options, config& cfg, std::vector<std::string>& problems) {
  auto& p = cfg.proxy;
  if (cfg.unix_socket.empty())
    p = proxy_of_environment(cfg.url, [](const char* name) -> const char* { return std::getenv(name); });
  if (auto v = options.value("proxy")) p.url = *v, p.from = options.where("proxy");
  if (auto v = options.value("noproxy")) p.no_proxy = *v;
  if (auto v = options.value("proxy-user")) p.user = read_secret(*v, options.where("proxy-user"), problems);
  p.headers = read_headers(options.list("proxy-header"), options.where("proxy-header"), problems);
  if (auto v = options.value("proxy-cacert")) p.tls.ca_file = credential_path(*v);
  p.tls.insecure = options.flag("proxy-insecure");
}

/// An empty value is a slip, of a variable that is not set mostly; the library would take it for none.
std::string read_login(const raw_options& options, const char* option, const char* form,
                       std::vector<std::string>& problems) {
  const auto text = options.value(option);
  if (!text) return {};
  if (text->empty())
    problems.push_back(options.where(option) + ": is empty; write " + form + ", @FILE or @credential:NAME");
  return read_secret(*text, options.where(option), problems);
}

}  // namespace

void read_request(const raw_options& options, option_reader& r, config& cfg,
                  std::vector<std::string>& problems) {
  if (auto method = options.value("request")) cfg.method = *method;
  r.read("body", parse_body, "form or raw", [&](auto v) { cfg.body = v; });
  if (auto v = options.value("match")) cfg.match = *v;
  if (options.has("match") && cfg.match.empty()) r.complain("match", "is empty");
  read_form(options, cfg, problems);
  cfg.form_escape = options.flag("form-escape");
  cfg.headers = read_headers(options.list("header"), options.where("header"), problems);
  cfg.user = read_login(options, "user", "NAME:PASSWORD", problems);
  cfg.bearer = read_login(options, "oauth2-bearer", "TOKEN", problems);
  if (auto name = options.value("idempotency-header")) cfg.idempotency_header = *name;
  cfg.success.json = options.list("success-json");
  cfg.success.headers = options.list("success-header");
  constexpr const char* statuses = "a list of statuses; write one like 200,201, 2xx or 200-204";
  r.read("success-status", parse_statuses, statuses, [&](auto v) { cfg.success.statuses = v; });
  r.read("retry-status", parse_statuses, statuses, [&](auto v) { cfg.retry.statuses = v; });
  r.read("reply-limit", parse_size, "a number of bytes; write one like 64k or 1M",
         [&](auto v) { cfg.success.reply_limit = static_cast<std::size_t>(v); });
  if (auto v = options.value("cacert")) cfg.tls.ca_file = credential_path(*v);
  if (auto v = options.value("cert")) cfg.tls.cert_file = credential_path(*v);
  if (auto v = options.value("key")) cfg.tls.key_file = credential_path(*v);
  if (auto v = options.value("pass"))
    cfg.tls.key_password = read_password(*v, options.where("pass"), problems);
  if (auto v = options.value("pinnedpubkey")) cfg.tls.pinned_public_key = *v;
  cfg.tls.insecure = options.flag("insecure");
  cfg.spread = options.flag("spread");
  read_addresses(options, r, cfg);
  read_proxy(options, cfg, problems);
  r.read("tls-min", parse_tls, "1.2 or 1.3", [&](auto v) { cfg.tls.min_version = v; });
  r.duration("connect-timeout", cfg.timeout.connect);
  r.duration("max-time", cfg.timeout.attempt);
  r.duration("speed-time", cfg.timeout.stall);
  r.duration("reply-time", cfg.timeout.reply);
}

void warn_of_the_way(const raw_options& options, const config& cfg, std::vector<std::string>& warnings) {
  if (cfg.tls.insecure)
    warnings.push_back(options.where("insecure") + ": the server's identity is not verified");
  if (cfg.proxy.tls.insecure)
    warnings.push_back(options.where("proxy-insecure") + ": the proxy's identity is not verified");
  const bool tells = !cfg.headers.empty() || !cfg.user.empty() || !cfg.bearer.empty();
  if (cfg.url.starts_with("http://") && (tells || options.has("token-command")))
    warnings.emplace_back(
        "http://: headers and files travel in clear text; write https:// if the server has it");
}

}  // namespace sluice::cli
