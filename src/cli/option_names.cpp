#include "option_names.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

/// A problem's first words and the option they are about. Longest first where one begins another.
constexpr std::pair<std::string_view, std::string_view> names[] = {
    {"tls.ca_file", "cacert"},
    {"tls.cert_file", "cert"},
    {"tls.key_file", "key"},
    {"tls.pinned_public_key", "pinnedpubkey"},
    {"form", "form"},
    {"file.filename", "form"},
    {"file.type", "form"},
    {"headers", "header"},
    {"idempotency_header", "idempotency-header"},
    {"success.json", "success-json"},
    {"success.statuses", "success-status"},
    {"window", "window"},
    {"on_success", "on-success"},
    {"on_reject", "on-reject"},
    {"job_log", "joblog"},
    {"lock_file", "lock"},
    {"resume", "resume"},
    {"include", "include"},
    {"exclude", "exclude"},
    {"min_size", "min-size"},
    {"min_age", "min-age"},
    {"max_depth", "max-depth"},
    {"timeout.connect", "connect-timeout"},
    {"timeout.stall", "speed-time"},
    {"timeout.attempt", "max-time"},
    {"limit.requests_per_second", "rate"},
};

/// Members named inside a line, as the other half of a pair.
constexpr std::pair<std::string_view, std::string_view> partners[] = {
    {" over max_size ", "max-size"},
    {" over max_age ", "max-age"},
};

struct translated {
  std::string about;  ///< where the option was given; empty: no option
  std::string text;
};

translated translate(std::string line, const raw_options& options) {
  for (const auto& [words, option] : partners)
    if (const auto at = line.find(words); at != std::string::npos)
      line.replace(at, words.size(), " over " + options.where(option) + " ");
  for (const auto& [member, option] : names) {
    if (!line.starts_with(member)) continue;
    const auto rest = line.substr(member.size());
    // A word of its own, not the beginning of another.
    if (rest.empty() || (rest.front() != ':' && rest.front() != ' ')) continue;
    return {options.where(option), options.where(option) + rest};
  }
  if (line.starts_with("source: ")) return {"", line.substr(8)};
  if (line.starts_with("own_files: ")) return {"", line.substr(11)};
  if (line.starts_with("url: ")) return {"", "URL: " + line.substr(5)};
  return {"", std::move(line)};
}

}  // namespace

std::vector<std::string> in_option_names(const std::vector<std::string>& library, const raw_options& options,
                                         const std::vector<std::string>& known) {
  std::vector<std::string> result;
  for (const auto& line : library) {
    auto [about, text] = translate(line, options);
    const auto says_the_same = [&](const std::string& k) {
      return (!about.empty() && k.starts_with(about + " needs ")) ||
             (k.starts_with("no URL") && text.starts_with("URL: ")) ||
             (k.starts_with("no ") && text.starts_with("no source"));
    };
    if (std::ranges::none_of(known, says_the_same)) result.push_back(std::move(text));
  }
  return result;
}

}  // namespace sluice::cli
