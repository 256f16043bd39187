#include "credential.hpp"

#include <sluice/text.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
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
  if (text == "@-") return "/dev/stdin";
  return credential_path(text.substr(1));
}

std::string read_secret(const std::string& text, const std::string& where,
                        std::vector<std::string>& problems) {
  const auto file = header_file(text);
  if (!file) return text;
  std::ifstream in{*file, std::ios::binary};
  in.peek();  // a directory opens, and fails here
  std::string secret;
  if (!in.is_open() || in.bad()) {
    problems.push_back(where + ": cannot read '" + printable(*file) + "': " + std::strerror(errno));
    return {};
  }
  std::getline(in, secret);
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) problems.push_back(where + ": the first line of '" + printable(*file) + "' is empty");
  return secret;
}

std::string read_password(const std::string& text, const std::string& where,
                          std::vector<std::string>& problems) {
  if (header_file(text)) return read_secret(text, where, problems);
  problems.push_back(
      where +
      ": a password is read from a file only: write @FILE or @credential:NAME (what is written "
      "out, others can see)");
  return {};
}

bool is_regular(const std::string& file) {
  struct stat st{};
  return ::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

}  // namespace sluice::cli
