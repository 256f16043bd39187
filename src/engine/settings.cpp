#include "engine/settings.hpp"

#include "core/http/content_type.hpp"
#include "core/http/token.hpp"
#include "core/pacing/descriptor_share.hpp"
#include "core/report/masking.hpp"
#include "engine/own_request.hpp"

#include <sluice/text.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace sluice::engine {
namespace {

/// The limit of file descriptors.
std::size_t descriptor_limit() {
  rlimit now{};
  const bool none = ::getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur == RLIM_INFINITY;
  return none ? std::numeric_limits<std::size_t>::max() : now.rlim_cur;
}

/// An automatic window is cut to what fits.
void check_window(window w, std::vector<problem>& problems) {
  const auto limit = descriptor_limit();
  const auto most = core::descriptor_share::of(limit).window;
  if (most == 0) {
    problems.push_back({"window", "the limit of " + std::to_string(limit) +
                                      " file descriptors is too low for a single upload; raise it to " +
                                      std::to_string(core::descriptor_share::least_limit) +
                                      " or more (ulimit -n)"});
    return;
  }
  if (w.is_automatic()) return;
  if (w.size() == 0) {
    problems.push_back({"window", "0 uploads at once would send nothing; choose 1 or more"});
    return;
  }
  if (w.size() > most)
    problems.push_back({"window", std::to_string(w.size()) +
                                      " uploads at once need more file descriptors than the limit of " +
                                      std::to_string(limit) + " allows; at most " + std::to_string(most) +
                                      " fit, or raise the limit (ulimit -n)"});
}

void check_numbers(const config& cfg, std::vector<problem>& problems) {
  const auto negative = [&](const char* member, auto value) {
    if (value.count() < 0) problems.push_back({member, "a time cannot be negative"});
  };
  negative("retry.base", cfg.retry.base), negative("retry.cap", cfg.retry.cap);
  negative("retry.max_time", cfg.retry.max_time), negative("timeout.attempt", cfg.timeout.attempt);
  negative("settle", cfg.settle);
  negative("limit.max_duration", cfg.limit.max_duration), negative("limit.grace", cfg.limit.grace);
  negative("timeout.connection_age", cfg.timeout.connection_age);
  const auto positive = [&](const char* member, auto value) {
    if (value.count() <= 0)
      problems.push_back({member, "must be more than 0, or every wait would end at once"});
  };
  positive("timeout.connect", cfg.timeout.connect), positive("timeout.stall", cfg.timeout.stall);
  positive("timeout.reply", cfg.timeout.reply);
  if (!(cfg.limit.requests_per_second >= 0))
    problems.push_back({"limit.requests_per_second", "cannot be negative"});
  const auto final_statuses = [&](const char* member, const std::vector<int>& statuses) {
    for (const int s : statuses)
      if (s < 200 || s > 599)
        problems.push_back({member, std::to_string(s) + " is not a final HTTP status (200 to 599)"});
  };
  final_statuses("success.statuses", cfg.success.statuses);
  final_statuses("retry.statuses", cfg.retry.statuses);
  for (const int s : cfg.retry.statuses)
    if (std::ranges::find(cfg.success.statuses, s) != cfg.success.statuses.end())
      problems.push_back({"retry.statuses", std::to_string(s) + " cannot mean both success and \"later\"",
                          "success.statuses"});
  constexpr std::size_t most_kept = 16 * 1024 * 1024;
  if (cfg.success.reply_limit == 0 || cfg.success.reply_limit > most_kept)
    problems.push_back({"success.reply_limit", "must be 1 byte to 16 MiB, which each connection may need"});
  if (cfg.success.statuses.empty())
    problems.push_back({"success.statuses", "empty: no reply could mean success"});
  if (cfg.resume && (cfg.job_log.empty() || cfg.job_log == "-"))
    problems.push_back({"resume", "needs job_log to name the file of an earlier run"});
  if (cfg.job_log_compact != 0 && (cfg.job_log.empty() || cfg.job_log == "-"))
    problems.push_back({"job_log_compact", "needs job_log to name a file"});
  using action = disposal::action;
  if (cfg.delete_empty_dirs && cfg.on_success.what() == action::keep && cfg.on_reject.what() != action::move)
    problems.push_back({"delete_empty_dirs",
                        "no folder is emptied where files are kept: choose delete or move", "on_success"});
  if (cfg.sidecar_optional && cfg.sidecar.empty())
    problems.push_back({"sidecar_optional", "needs sidecar to name the side-cars"});
  if (cfg.on_reject.what() == action::remove)
    problems.push_back({"on_reject", "a rejected file is never removed; choose keep or move"});
}

void check_headers(const config& cfg, std::vector<problem>& problems) {
  const auto host = may_write_host(cfg) ? core::host_header::of_caller : core::host_header::of_url;
  for (const auto& h : cfg.headers)
    if (auto what = core::header_problem(h, cfg.idempotency_header, cfg.body, host); !what.empty())
      problems.push_back({"headers", std::move(what)});
  const auto is_host = [](const header& h) { return core::equal_ignoring_case(h.name, "Host"); };
  if (std::ranges::count_if(cfg.headers, is_host) > 1)
    problems.push_back({"headers", "\"Host\" is given twice, and a request has one"});
  if (!cfg.idempotency_header.empty())
    if (auto what = core::header_problem({cfg.idempotency_header, ""}, ""); !what.empty())
      problems.push_back({"idempotency_header", std::move(what)});
}

template <class T>
std::optional<T> value_or_problem(core::parsed<T> parsed, const char* member, std::vector<problem>& problems,
                                  const std::string& before = {}) {
  if (parsed.has_value()) return std::move(*parsed);
  problems.push_back({member, before + parsed.error().what});
  return std::nullopt;
}

void check_part(const config& cfg, std::vector<problem>& problems) {
  const auto empty_name = [](const form_field& f) { return f.name.empty(); };
  if (cfg.file.name.empty() || std::ranges::any_of(cfg.form, empty_name))
    problems.push_back({"form", "a field without a name; write NAME=VALUE"});
  if (cfg.body == body_kind::raw && !cfg.form.empty())
    problems.push_back({"form", "a raw body is the file alone, and has no text fields", "body"});
  if (cfg.body == body_kind::raw && cfg.form_escape)
    problems.push_back({"form_escape", "a raw body has no names that could be escaped", "body"});
  if (!cfg.file.type.empty() && !core::is_media_type(cfg.file.type))
    problems.push_back(
        {"file.type", "'" + printable(cfg.file.type) + "' is not a media type; write one like image/jpeg"});
}

/// SOCKS has one byte for each length, and no empty ones (RFC 1929).
bool fits_socks(const core::credentials& c) {
  const auto fits = [](const std::string& s) { return !s.empty() && s.size() <= 255; };
  return fits(c.user) && fits(c.password);
}

void check_proxy_headers(const config& cfg, const core::proxy& proxy, std::vector<problem>& problems) {
  if (proxy.is_socks() && !cfg.proxy.headers.empty())
    problems.push_back({"proxy.headers", "SOCKS has no headers; they are for an HTTP proxy", "proxy.url"});
  for (const auto& h : cfg.proxy.headers)
    if (auto what = core::header_problem(h, {}); !what.empty())
      problems.push_back({"proxy.headers", std::move(what)});
}

std::optional<io::proxy_terms> compile_proxy(const config& cfg, const core::url& endpoint,
                                             std::vector<problem>& problems) {
  const auto& p = cfg.proxy;
  if (p.url.empty() || core::is_exempt(p.no_proxy, endpoint)) return std::nullopt;
  auto proxy = value_or_problem(core::parse_proxy(p.url), "proxy.url", problems);
  if (!proxy) return std::nullopt;
  proxy->login = compile_proxy_login(p, *proxy, problems);
  if (!cfg.addresses.empty())
    problems.push_back({"addresses", "a proxy finds the endpoint by its name", "proxy.url"});
  if (cfg.connector) problems.push_back({"connector", "cannot be combined with a proxy", "proxy.url"});
  check_proxy_headers(cfg, *proxy, problems);
  std::vector<problem> of_tls;
  std::shared_ptr<const io::tls_client> tls;
  if (proxy->at.tls) tls = io::make_tls_client(p.tls, of_tls, cfg.on_tls_key);
  for (auto& found : of_tls) {
    if (found.member.starts_with("tls.")) found.member.insert(0, "proxy.");
    problems.push_back(std::move(found));
  }
  return io::proxy_terms{std::move(*proxy), p.headers, std::move(tls)};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()}
                                                          : std::string{"localhost"};
}

}  // namespace

void check_method(const std::string& method, std::vector<problem>& problems) {
  if (method != "POST" && method != "PUT" && method != "PATCH")
    problems.push_back({"method", "'" + printable(method) + "' is none of POST, PUT and PATCH"});
}

void check_digests(core::digest_set wanted, const io::digest_methods& methods, const char* member,
                   std::vector<problem>& problems) {
  for (const auto k : core::all_digests)
    if (wanted.contains(k) && !methods.has(k))
      problems.push_back({member, std::string{"{"} + core::to_string(k) +
                                      "}: OpenSSL does not have this digest here (FIPS?); choose {sha256}"});
}

std::vector<compiled_field> compile_fields(const std::vector<form_field>& fields, const char* member,
                                           std::span<const std::string> groups,
                                           std::vector<problem>& problems) {
  std::vector<compiled_field> compiled;
  for (const auto& f : fields)
    if (auto t = value_or_problem(core::field_template::parse(f.value, groups), member, problems,
                                  "'" + printable(f.name) + "': "))
      compiled.emplace_back(f.name, std::move(*t));
  return compiled;
}

std::string compile_authorization(const config& cfg, std::vector<problem>& problems) {
  const auto before = problems.size();
  const char* const member = cfg.user.empty() ? "bearer" : "user";
  constexpr auto one = "a request carries one Authorization; drop one of the two";
  std::string value;
  if (!cfg.user.empty())
    value = value_or_problem(core::basic_authorization(cfg.user), "user", problems).value_or("");
  if (!cfg.bearer.empty()) {
    auto of_token = value_or_problem(core::bearer_authorization(cfg.bearer), "bearer", problems);
    if (!cfg.user.empty()) problems.push_back({"user", one, "bearer"});
    if (of_token) value = std::move(*of_token);
  }
  const auto is_authorization = [](const header& h) {
    return core::equal_ignoring_case(h.name, "Authorization");
  };
  if (!(cfg.user.empty() && cfg.bearer.empty()) && std::ranges::any_of(cfg.headers, is_authorization))
    problems.push_back({member, one, "headers"});
  return problems.size() == before ? value : std::string{};
}

std::optional<core::credentials> compile_proxy_login(const proxy_options& p, const core::proxy& proxy,
                                                     std::vector<problem>& problems) {
  auto login = proxy.login;
  if (!p.user.empty()) login = value_or_problem(core::parse_credentials(p.user), "proxy.user", problems);
  if (proxy.is_socks() && login && !fits_socks(*login)) {
    problems.push_back({p.user.empty() ? "proxy.url" : "proxy.user",
                        "SOCKS takes a user and a password of 1 to 255 bytes each"});
    login.reset();
  }
  return login;
}

namespace {

/// The rules of success, whose templates may name groups.
core::success_rules compile_rules(const config& cfg, std::span<const std::string> groups,
                                  std::vector<problem>& problems) {
  core::success_rules rules{.statuses = cfg.success.statuses,
                            .json = {},
                            .later = cfg.retry.statuses,
                            .retry_all = cfg.retry.all_errors};
  for (const auto& text : cfg.success.json)
    if (auto rule = value_or_problem(core::json_rule::parse(text, groups), "success.json", problems))
      rules.json.push_back(std::move(*rule));
  for (const auto& text : cfg.success.headers)
    if (auto rule = value_or_problem(core::header_rule::parse(text, groups), "success.headers", problems))
      rules.headers.push_back(std::move(*rule));
  return rules;
}

}  // namespace

namespace {

/// A request to an http:// URL goes to the proxy with the headers for both.
void check_doubles(const settings& s, std::vector<problem>& problems) {
  const auto for_proxy = s.fields_for_proxy();
  if (!for_proxy) return;
  for (const auto& field : *for_proxy) {
    const auto is_same = [&](const header& h) { return core::equal_ignoring_case(h.name, field.name); };
    if (std::ranges::any_of(s.raw.headers, is_same) ||
        (!s.authorization.empty() && core::equal_ignoring_case(field.name, "Authorization")))
      problems.push_back({"headers", "\"" + printable(field.name) +
                                         "\" is given for the proxy too, and a request to an "
                                         "http:// URL has it once"});
  }
}

}  // namespace

std::optional<settings> compile(const config& cfg, std::vector<problem>& problems) {
  const auto before = problems.size();
  std::optional<core::path_pattern> pattern;
  if (!cfg.match.empty()) pattern = value_or_problem(core::path_pattern::parse(cfg.match), "match", problems);
  const auto groups = pattern ? pattern->group_names() : std::span<const std::string>{};
  auto url = value_or_problem(core::parse_url(cfg.url), "url", problems);
  std::optional<core::target_template> target;
  if (url) target = value_or_problem(core::target_template::parse(url->target, groups), "url", problems);
  auto fields = compile_fields(cfg.form, "form", groups, problems);
  auto filename =
      value_or_problem(core::field_template::parse(cfg.file.filename, groups), "file.filename", problems);
  auto rules = compile_rules(cfg, groups, problems);
  const auto digests = std::make_shared<const io::digest_methods>();
  std::optional<core::sidecar_name> sidecar;
  if (!cfg.sidecar.empty())
    sidecar = value_or_problem(core::sidecar_name::parse(cfg.sidecar), "sidecar", problems);
  check_part(cfg, problems);
  check_method(cfg.method, problems);
  check_window(cfg.window, problems);
  check_numbers(cfg, problems);
  check_headers(cfg, problems);
  auto authorization = compile_authorization(cfg, problems);
  std::optional<io::proxy_terms> via;
  if (url) via = compile_proxy(cfg, *url, problems);
  way to;
  if (url) to = compile_way(cfg, *url, via ? &*via : nullptr, problems);
  std::shared_ptr<const io::tls_client> tls;
  if (!url || url->tls) tls = io::make_tls_client(cfg.tls, problems, cfg.on_tls_key);
  if (problems.size() != before) return std::nullopt;
  settings s{cfg,
             *url,
             std::move(tls),
             core::request_head{*url, {}, {}},
             std::move(*target),
             std::move(fields),
             std::move(*filename),
             std::move(rules),
             std::move(pattern),
             std::move(sidecar),
             digests,
             host_name(),
             core::descriptor_share::of(descriptor_limit()),
             std::move(to),
             std::move(via),
             proxy_in_use(cfg),
             std::move(authorization)};
  s.head = make_head(s);
  s.rules.proxy_replies = s.fields_for_proxy().has_value();
  check_doubles(s, problems);
  check_digests(digests_sent(s, nullptr), *digests, "url", problems);
  check_digests(s.rules.digests(), *digests, "success.json", problems);
  if (problems.size() != before) return std::nullopt;
  return s;
}

std::span<const std::string> settings::groups() const noexcept {
  return pattern ? pattern->group_names() : std::span<const std::string>{};
}

std::shared_ptr<const std::vector<std::string>> settings::kept_fields() const {
  if (rules.headers.empty()) return nullptr;
  std::vector<std::string> names;
  for (const auto& rule : rules.headers)
    if (std::ranges::find(names, rule.name()) == names.end()) names.push_back(rule.name());
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

std::optional<std::vector<header>> settings::fields_for_proxy() const {
  if (!via || via->proxy.is_socks() || url.tls) return std::nullopt;
  auto all = via->headers;
  const auto is_login = [](const header& h) {
    return core::equal_ignoring_case(h.name, "Proxy-Authorization");
  };
  if (via->proxy.login && std::ranges::none_of(all, is_login))
    all.push_back({"Proxy-Authorization", via->proxy.login->basic()});
  return all;
}

std::string settings::without_proxy_secrets(std::string text) const {
  const auto fields = fields_for_proxy();
  if (!fields) return text;
  auto secrets = core::secrets_of(*fields);
  if (via->proxy.login) secrets.push_back(via->proxy.login->password);
  return core::mask_repeated(std::move(text), secrets);
}

core::request_head make_head(const settings& s) {
  const auto fields = s.fields_for_proxy();
  auto headers = s.raw.headers;
  if (!s.authorization.empty()) headers.push_back({"Authorization", s.authorization});
  return {s.url, core::compile_headers(headers, s.groups()), s.raw.idempotency_header,
          fields ? &*fields : nullptr};
}

std::string settling_notice(const std::string& where, const std::string& why,
                            std::chrono::milliseconds time) {
  const auto seconds = std::to_string(time.count() / 1000) +
                       (time.count() % 1000 != 0 ? "." + std::to_string(time.count() % 1000 / 100) : "") +
                       "s";
  return "'" + printable(where) + "': the system does not say whether a file is still being written (" + why +
         "), so a file is sent once it has been left alone for " + seconds +
         " (--settle). To send at once: run as the user who writes the files, give this process CAP_LEASE, "
         "or have "
         "files renamed into place when they are complete and set --settle 0";
}

}  // namespace sluice::engine
