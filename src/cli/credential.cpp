#include "credential.hpp"

#include <cstdlib>
#include <string_view>

namespace sluice::cli {

std::string credential_path(const std::string& text) {
  constexpr std::string_view mark = "credential:";
  if (!text.starts_with(mark)) return text;
  const auto name = text.substr(mark.size());
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  const bool is_a_name = !name.empty() && name != "." && name != ".." && name.find('/') == name.npos;
  if (directory == nullptr || *directory == '\0' || !is_a_name) return text;
  return std::string{directory} + "/" + name;
}

std::optional<std::string> header_file(const std::string& text) {
  if (!text.starts_with('@')) return std::nullopt;
  return credential_path(text.substr(1));
}

}  // namespace sluice::cli
