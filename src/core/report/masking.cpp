#include "core/report/masking.hpp"

#include "core/http/lines.hpp"
#include "core/http/token.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace sluice::core {
namespace {

using std::string_view;

/// Shorter ones would mask what only happens to be alike.
constexpr std::size_t least_repeated = 6;

bool is_letter_or_digit(char c) noexcept { return is_alpha(c) || is_digit(c); }

bool names_an_address(string_view header) noexcept {
  return equal_ignoring_case(header, "Location") || equal_ignoring_case(header, "Content-Location");
}

/// `NAME=VALUE&NAME=VALUE`; a part without a name is a value.
std::string mask_query(string_view query, std::vector<std::string>& secrets) {
  std::string shown;
  for (bool more = true; more;) {
    const auto one = query.substr(0, query.find('&'));
    more = one.size() < query.size();
    query.remove_prefix(more ? one.size() + 1 : one.size());
    const auto equals = one.find('=');
    const auto value = equals == string_view::npos ? one : one.substr(equals + 1);
    shown += one.substr(0, one.size() - value.size());
    if (!value.empty()) shown += mask, secrets.emplace_back(value);
    if (more) shown += '&';
  }
  return shown;
}

/// Every line but the first, with the values that `is_secret` names masked.
template <class IsSecret>
void mask_fields(string_view fields, shown_head& shown, IsSecret is_secret) {
  while (!fields.empty()) {
    const auto line = take_line(fields);
    if (line.empty()) return;
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    const auto value = colon == string_view::npos ? string_view{} : trimmed(line.substr(colon + 1));
    shown.text.append(name);
    if (colon != string_view::npos) shown.text.append(": ");
    if (!value.empty() && is_secret(name))
      note_secrets(value, shown.secrets), shown.text.append(mask);
    else if (names_an_address(name))
      shown.text.append(mask_url(value, shown.secrets));
    else
      shown.text.append(value);
    shown.text += '\n';
  }
}

}  // namespace

bool is_secret_name(string_view name) {
  const auto text = lower(name);
  constexpr std::array<string_view, 3> harmless{"idempotency-key", "www-authenticate", "proxy-authenticate"};
  if (std::ranges::find(harmless, text) != harmless.end()) return false;
  constexpr std::array<string_view, 14> parts{"authoriz",   "authentic",  "token",     "secret", "passw",
                                              "passphrase", "credential", "signature", "cookie", "session",
                                              "bearer",     "apikey",     "api-key",   "private"};
  if (std::ranges::any_of(parts, [&](string_view part) { return text.find(part) != std::string::npos; }))
    return true;
  if (text.ends_with("key")) return true;
  constexpr std::array<string_view, 7> words{"key", "auth", "sig", "pwd", "pass", "jwt", "otp"};
  for (string_view rest = text; !rest.empty();) {
    const auto end = std::ranges::find_if_not(rest, is_letter_or_digit);
    const auto word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (std::ranges::find(words, word) != words.end()) return true;
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  return false;
}

std::string mask_url(string_view url, std::vector<std::string>& secrets) {
  std::string shown;
  const auto query = std::min(url.find('?'), url.size());
  auto place = url.substr(0, query);
  if (const auto slashes = place.find("//"); slashes != string_view::npos) {
    const auto host = slashes + 2;
    const auto at = place.substr(0, std::min(place.find('/', host), place.size())).rfind('@');
    if (at != string_view::npos && at > host) {
      secrets.emplace_back(place.substr(host, at - host));
      shown.append(place.substr(0, host)).append(mask);
      place.remove_prefix(at);
    }
  }
  shown.append(place);
  if (query == url.size()) return shown;
  return shown + '?' + mask_query(url.substr(query + 1), secrets);
}

shown_head mask_request(string_view head, std::span<const header> given) {
  shown_head shown;
  const auto line = take_line(head);
  const auto begin = std::min(line.find(' '), line.size());
  const auto end = std::max(begin, std::min(line.rfind(' '), line.size()));
  shown.text.append(line.substr(0, begin));
  if (end > begin)
    shown.text.append(" ").append(mask_url(line.substr(begin + 1, end - begin - 1), shown.secrets));
  shown.text.append(line.substr(end)).append("\n");
  mask_fields(head, shown, [&](string_view name) {
    const auto is_declared = [&](const header& h) { return h.secret && equal_ignoring_case(h.name, name); };
    return is_secret_name(name) || std::ranges::any_of(given, is_declared);
  });
  return shown;
}

std::string mask_reply(string_view head, const std::vector<std::string>& secrets) {
  shown_head shown;
  shown.text.append(take_line(head)).append("\n");
  mask_fields(head, shown, is_secret_name);
  return mask_repeated(std::move(shown.text), secrets);
}

void note_secrets(string_view value, std::vector<std::string>& secrets) {
  secrets.emplace_back(value);
  if (const auto blank = value.find(' '); blank != string_view::npos)
    secrets.emplace_back(trimmed(value.substr(blank)));
}

std::vector<std::string> secrets_of(std::span<const header> headers) {
  std::vector<std::string> secrets;
  for (const auto& h : headers) note_secrets(h.value, secrets);
  return secrets;
}

// The longest first: one may be the beginning of another, whose rest would stay.
std::string mask_repeated(std::string text, const std::vector<std::string>& secrets) {
  std::vector<string_view> all{secrets.begin(), secrets.end()};
  std::ranges::sort(all, std::greater{}, &string_view::size);
  for (const auto secret : all)
    if (secret.size() >= least_repeated)
      for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mask.size()))
        text.replace(at, secret.size(), mask);
  return text;
}

}  // namespace sluice::core
