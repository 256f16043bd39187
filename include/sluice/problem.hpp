// The reason why a configuration or a source cannot work.
//
//     for (const auto& p : problems(cfg)) std::cerr << p.member << ": " << p.what << '\n';
#pragma once

#include <string>

namespace sluice {

/// One reason why something cannot work as it is configured.
struct problem {
  std::string
      member;  ///< name in config or source: `tls.ca_file`, `select.include`; `source`: the roots themselves
  std::string what;     ///< one line for people: what is wrong, and how to mend it
  std::string other{};  ///< another member that `member` does not go together with; mostly empty
};

/// Returns the line that an exception has: `member: what`, or `member and other: what`.
inline std::string to_string(const problem& p) {
  return p.member + (p.other.empty() ? "" : " and " + p.other) + ": " + p.what;
}

}  // namespace sluice
