// The one rule of which texts are secrets, and how heads are shown without them.
#pragma once

#include <sluice/config.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// Stands for a secret.
inline constexpr std::string_view mask = "***";

/// Whether a header of this name has a secret as its value, wherever that came from: Authorization, Cookie,
/// and all whose name has a word for one (token, secret, password, credential, signature, session, auth, key
/// …). The idempotency key and the challenges of WWW-Authenticate are none.
bool is_secret_name(std::string_view name);

/// A URL, or the path of one, without the values of its query (signatures of presigned URLs, tokens), its
/// user and its password. The names of the query stay. The values are added to `secrets`.
std::string mask_url(std::string_view url, std::vector<std::string>& secrets);

/// A head that may be shown, and the secrets that it had.
struct shown_head {
  std::string text;  ///< lines that end in \n, without the empty one
  std::vector<std::string> secrets;
};

/// The head of a request, up to its empty line. Masked are the target's query, and values whose header is a
/// secret by its name, or is declared one in `given`.
shown_head mask_request(std::string_view head, std::span<const header> given);

/// The head of a reply to a request that had these `secrets`. Masked are headers that are secrets by their
/// names, the query of a Location, and what repeats one of the secrets.
std::string mask_reply(std::string_view head, const std::vector<std::string>& secrets);

/// Adds the value of a header, and what stands behind the scheme in `Bearer TOKEN`.
void note_secrets(std::string_view value, std::vector<std::string>& secrets);
/// The same of all values.
std::vector<std::string> secrets_of(std::span<const header> headers);

/// `text` without what repeats one of the `secrets`. Those of fewer than six bytes stay.
std::string mask_repeated(std::string text, const std::vector<std::string>& secrets);

}  // namespace sluice::core
