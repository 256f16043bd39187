#include "library_problems.hpp"

#include "contradictions.hpp"

#include <sluice/uploader.hpp>

namespace sluice::cli {
namespace {

/// Whether the command line says already that something is missing.
bool is_told(const problem& p, const option_row* row, const config& cfg, const source* from,
             const raw_options& options) {
  if (p.member == "url") return cfg.url.empty();
  if (p.member == "source") return from != nullptr && from->roots().empty();
  if (row == nullptr) return false;
  const bool unreadable = row->name == "pass" && options.has("pass") && cfg.tls.key_password.empty();
  return unreadable || !has_what_it_needs(*row, options);
}

/// The option that set `member`: of several that can, the one that was given.
const option_row* setter_of(std::string_view member, const raw_options& options) {
  if (member == "family" && options.flag("ipv6")) return find_option("ipv6", options.verb);
  return find_setter(member, options.verb);
}

/// Where `member` was given; `row` is its option. Empty for what has no option.
std::string place_of(std::string_view member, const option_row* row, const config& cfg,
                     const raw_options& options) {
  if (member == "proxy.url" && !cfg.proxy.from.empty()) return cfg.proxy.from;
  if (row != nullptr) return options.where(row->name);
  return member == "url" ? "URL" : "";
}

std::string in_own_words(const problem& p, const option_row* row, const config& cfg,
                         const raw_options& options) {
  const auto other = place_of(p.other, setter_of(p.other, options), cfg, options);
  const auto place = place_of(p.member, row, cfg, options);
  if (!place.empty()) return place + (other.empty() ? "" : " and " + other) + ": " + p.what;
  if (p.member == "source" || p.member == "own_files") return p.what;
  return to_string(p);
}

}  // namespace

std::vector<std::string> library_problems(const config& cfg, const source* from, const raw_options& options) {
  std::vector<std::string> result;
  for (const auto& p : from != nullptr ? problems(cfg, *from) : problems(cfg)) {
    const auto* row = setter_of(p.member, options);
    if (!is_told(p, row, cfg, from, options)) result.push_back(in_own_words(p, row, cfg, options));
  }
  return result;
}

}  // namespace sluice::cli
