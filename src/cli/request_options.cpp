#include "request_options.hpp"

#include "credential.hpp"
#include "form_option.hpp"

namespace sluice::cli {
namespace {

std::optional<std::vector<int>> parse_statuses(std::string_view text) {
  std::vector<int> statuses;
  while (true) {
    const auto one = parse_count(text.substr(0, text.find(',')));
    if (!one || *one > 999) return std::nullopt;
    statuses.push_back(static_cast<int>(*one));
    if (text.find(',') == text.npos) return statuses;
    text.remove_prefix(text.find(',') + 1);
  }
}

std::optional<tls_version> parse_tls(std::string_view text) {
  if (text == "1.2") return tls_version::v1_2;
  if (text == "1.3") return tls_version::v1_3;
  return std::nullopt;
}

}  // namespace

void read_request(const raw_options& options, option_reader& r, config& cfg,
                  std::vector<std::string>& problems) {
  read_form(options, cfg, problems);
  cfg.headers = read_headers(options.list("header"), options.where("header"), problems);
  if (auto name = options.value("idempotency-header")) cfg.idempotency_header = *name;
  cfg.success.json = options.list("success-json");
  r.read("success-status", parse_statuses, "a list of statuses; write one like 200,201",
         [&](auto v) { cfg.success.statuses = v; });
  if (auto v = options.value("cacert")) cfg.tls.ca_file = credential_path(*v);
  if (auto v = options.value("cert")) cfg.tls.cert_file = credential_path(*v);
  if (auto v = options.value("key")) cfg.tls.key_file = credential_path(*v);
  if (auto v = options.value("pinnedpubkey")) cfg.tls.pinned_public_key = *v;
  cfg.tls.insecure = options.flag("insecure");
  r.read("tls-min", parse_tls, "1.2 or 1.3", [&](auto v) { cfg.tls.min_version = v; });
  r.duration("connect-timeout", cfg.timeout.connect);
  r.duration("max-time", cfg.timeout.attempt);
  r.duration("speed-time", cfg.timeout.stall);
}

void warn_of_the_way(const raw_options& options, const config& cfg, std::vector<std::string>& warnings) {
  if (cfg.tls.insecure)
    warnings.push_back(options.where("insecure") + ": the server's identity is not verified");
  if (cfg.url.starts_with("http://") && !cfg.headers.empty())
    warnings.emplace_back(
        "http://: headers and files travel in clear text; write https:// if the server has it");
}

}  // namespace sluice::cli
