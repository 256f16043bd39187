// Files that a service manager hands to a service (systemd's LoadCredential=).
#pragma once

#include <optional>
#include <string>

namespace sluice::cli {

/// `credential:NAME` is the file NAME in $CREDENTIALS_DIRECTORY; any other text is itself. Where the
/// directory is not set, or NAME would lead out of it, a file that cannot be: `credential:NAME`, which is
/// then told of.
std::string credential_path(const std::string& text);

/// The file of a header option `@FILE` or `@credential:NAME`; nothing for a header written out.
std::optional<std::string> header_file(const std::string& text);

}  // namespace sluice::cli
