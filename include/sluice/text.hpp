// Text that came from a file name or a server, made safe to show.
//
//     std::cout << sluice::printable(file.native()) << '\n';
#pragma once

#include <sluice/detail/export.hpp>

#include <string>
#include <string_view>

namespace sluice {

/// Returns `text` with every control character (C0, DEL, C1) and every byte that is not UTF-8 written as
/// `\xNN`, and a backslash as `\\`, so that it can neither move a terminal's cursor nor begin a new line.
///
/// **Errors.** Throws std::bad_alloc only.
///
/// **Thread safety.** Safe.
SLUICE_API std::string printable(std::string_view text);

/// Returns true when `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
///
/// **Thread safety.** Safe.
SLUICE_API bool is_utf8(std::string_view text) noexcept;

}  // namespace sluice
