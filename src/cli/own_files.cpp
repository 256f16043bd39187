#include "own_files.hpp"

#include "credential.hpp"

#include <sluice/text.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::cli {
namespace {

void note_secret(const std::string& where, const std::string& file, config& cfg,
                 std::vector<std::string>& warnings) {
  auto& own = cfg.own_files;
  if (std::ranges::find(own, std::filesystem::path{file}) != own.end())
    return;  // one file for several options
  own.emplace_back(file);
  struct stat st{};
  if (::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0)
    warnings.push_back(where + ": everybody on this machine can read the secrets in '" + printable(file) +
                       "'; chmod 600 it");
}

}  // namespace

void note_own_files(const raw_options& options, config& cfg, std::vector<std::string>& warnings) {
  const auto& headers = options.list("header");
  for (const auto& h : headers)
    if (const auto file = header_file(h)) note_secret(options.where("header"), *file, cfg, warnings);
  if (const auto file = options.value("config")) {
    const bool holds_headers = options.where("header") == printable(*file) + ": header" &&
                               std::ranges::any_of(headers, [](auto& h) { return !h.starts_with('@'); });
    if (holds_headers)
      note_secret("--config", *file, cfg, warnings);
    else
      cfg.own_files.emplace_back(*file);
  }
}

// A slip of the hand that would send, and perhaps remove, whatever a person has.
void check_home(const source& from, std::vector<std::string>& problems) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return;
  if (!from.is_walked()) return;  // what is listed is meant
  for (const auto& root : from.roots())
    if (std::error_code ignored; std::filesystem::equivalent(root, home, ignored))
      problems.push_back("'" + printable(root.string()) +
                         "' is your home directory; name the directory in it that holds the files");
}

}  // namespace sluice::cli
