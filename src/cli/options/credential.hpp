// Files that a service manager hands to a service (systemd's LoadCredential=).
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

/// `credential:NAME` is the file NAME in $CREDENTIALS_DIRECTORY; any other text is itself. Where the
/// directory is not set, or NAME would lead out of it, a file that cannot be: `credential:NAME`, which is
/// then told of.
std::string credential_path(const std::string& text);

/// The file of an option `@FILE`, `@credential:NAME` or `@-` (standard input); nothing for what is written
/// out.
std::optional<std::string> header_file(const std::string& text);

/// The value of an option that holds a secret: the first line of `@FILE` or `@credential:NAME`, or what is
/// written out. No problem shows it.
std::string read_secret(const std::string& text, const std::string& where,
                        std::vector<std::string>& problems);

/// The same, but a password that is written out is a problem.
std::string read_password(const std::string& text, const std::string& where,
                          std::vector<std::string>& problems);

/// Can be read as often as one likes, and to open it does not wait for anybody, as a pipe's reader does.
bool is_regular(const std::string& file);

}  // namespace sluice::cli
