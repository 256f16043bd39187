#include "core/http/credentials.hpp"

#include "core/base64.hpp"
#include "core/http/token.hpp"

#include <algorithm>

namespace sluice::core {

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

std::string credentials::basic() const { return "Basic " + base64(user + ":" + password); }

parsed<credentials> parse_credentials(std::string_view text) {
  if (has_control(text)) return problem{control_problem};
  const auto colon = text.find(':');
  credentials c{std::string{text.substr(0, colon)}, {}};
  if (colon != std::string_view::npos) c.password = text.substr(colon + 1);
  return c;
}

parsed<std::string> basic_authorization(std::string_view user) {
  const auto c = parse_credentials(user);
  if (!c) return problem{c.error().what};
  if (c->user.empty() && c->password.empty())
    return problem{"neither a name nor a password; write NAME:PASSWORD"};
  return parsed<std::string>{boost::system::in_place_value, c->basic()};
}

parsed<std::string> bearer_authorization(std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (equal_ignoring_case(token.substr(0, scheme.size()), scheme))
    return problem{"the token begins with the word Bearer, which sluice writes itself; give what follows it"};
  if (!std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7f; }))
    return problem{"a token has no space, no control character and none beyond ASCII, and this one has"};
  return parsed<std::string>{boost::system::in_place_value, std::string{scheme} + std::string{token}};
}

}  // namespace sluice::core
