#include "secret_sources.hpp"

namespace sluice::cli {

secret_sources read_secret_sources(const raw_options& options, option_reader& r) {
  const auto one = [&](const char* name) {
    return secret_option{options.value(name).value_or(""), options.where(name)};
  };
  secret_sources s{.headers = options.list("header"),
                   .headers_from = options.where("header"),
                   .user = one("user"),
                   .bearer = one("oauth2-bearer"),
                   .proxy_user = one("proxy-user"),
                   .command = options.value("token-command").value_or("")};
  if (options.has("token-command") && s.command.empty()) r.complain("token-command", "is empty");
  return s;
}

}  // namespace sluice::cli
