// User and password, or a token, as a request carries them.
#pragma once

#include "core/parsed.hpp"

#include <string>
#include <string_view>

namespace sluice::core {

struct credentials {
  std::string user;
  std::string password;

  /// The value of Authorization or Proxy-Authorization (RFC 7617).
  std::string basic() const;
};

/// Reads `USER:PASSWORD`; a text without a colon is a user without a password. Problem: a control character.
/// No problem shows the text.
parsed<credentials> parse_credentials(std::string_view text);
/// The problem of credentials with a control character.
constexpr auto control_problem = "the user or the password has a control character";
bool has_control(std::string_view text);

/// The value of Authorization that `NAME[:PASSWORD]` makes. Problems: a control character; neither name nor
/// password. No problem shows the text.
parsed<std::string> basic_authorization(std::string_view user);

/// The value of Authorization that a token makes (RFC 6750). Problem: a character that is no visible one of
/// ASCII. More than the letters of RFC 6750 are in use. No problem shows the token.
parsed<std::string> bearer_authorization(std::string_view token);

}  // namespace sluice::core
