#include "own_files.hpp"

#include "credential.hpp"

#include <sluice/text.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::cli {
namespace {

/// Options whose values may be read from @FILE.
constexpr std::array secret_options{"header", "user", "oauth2-bearer", "pass", "proxy-user", "proxy-header"};

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

/// Several may write to one device or pipe.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ec;
  const bool one = std::filesystem::exists(a, ec), other = std::filesystem::exists(b, ec);
  if (one && other) return std::filesystem::is_regular_file(a, ec) && std::filesystem::equivalent(a, b, ec);
  if (one != other || a.filename() != b.filename()) return false;
  const auto folder_of = [](const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
  };
  return std::filesystem::equivalent(folder_of(a), folder_of(b), ec);
}

/// The files that an option names; `-` is none.
std::vector<std::string> files_of(const raw_options& options, std::string_view option) {
  std::vector<std::string> files;
  if (find_option(option, options.verb) == nullptr) return files;
  const bool is_secret = std::ranges::find(secret_options, option) != secret_options.end();
  for (const auto& text : options.list(option)) {
    if (!is_secret && !text.empty() && text != "-") files.push_back(text);
    if (const auto file = header_file(text); is_secret && file) files.push_back(*file);
  }
  return files;
}

void expect_other_file(const raw_options& options, const char* output, const std::string& file,
                       std::string_view other, option_reader& r) {
  const auto clashes = [&](const std::string& theirs) { return is_same_file(file, theirs); };
  if (std::ranges::any_of(files_of(options, other), clashes))
    r.complain(output, "'" + printable(file) + "' is also the file of " + options.where(other) +
                           "; give each its own");
}

}  // namespace

void check_outputs(const raw_options& options, option_reader& r) {
  constexpr std::array outputs{"joblog", "summary", "trace-window", "json",
                               "html",   "control", "keylog",       "trace"};
  constexpr std::array inputs{"config", "files-from",   "files-from0", "files-from-json", "cacert", "cert",
                              "key",    "proxy-cacert", "lock"};
  for (auto output = outputs.begin(); output != outputs.end(); ++output)
    for (const auto& file : files_of(options, *output)) {
      for (auto other = outputs.begin(); other != output; ++other)
        expect_other_file(options, *output, file, *other, r);
      for (const auto* other : inputs) expect_other_file(options, *output, file, other, r);
      for (const auto* other : secret_options) expect_other_file(options, *output, file, other, r);
    }
}

void note_own_files(const raw_options& options, config& cfg, std::vector<std::string>& warnings) {
  for (const auto* option : secret_options)
    for (const auto& text : options.list(option))
      if (const auto file = header_file(text)) note_secret(options.where(option), *file, cfg, warnings);
  if (const auto file = options.value("config")) {
    const auto is_in_it = [&](const char* option) {
      return options.where(option) == printable(*file) + ": " + option &&
             std::ranges::any_of(options.list(option), [](auto& text) { return !header_file(text); });
    };
    if (std::ranges::any_of(secret_options, is_in_it))
      note_secret("--config", *file, cfg, warnings);
    else
      cfg.own_files.emplace_back(*file);
  }
}

// A slip of the hand that would send, and perhaps remove, whatever a person has.
void check_home(const source& from, std::vector<std::string>& problems) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return;
  if (!from.is_walked()) return;  // listed names are meant
  for (const auto& root : from.roots())
    if (std::error_code ignored; std::filesystem::equivalent(root, home, ignored))
      problems.push_back("'" + printable(root.string()) +
                         "' is your home directory; name the directory in it that holds the files");
}

void warn_of_links(const source& from, std::vector<std::string>& warnings) {
  std::size_t links = 0;
  std::string first;
  for (const auto& root : from.roots()) {
    struct stat st{};
    if (::lstat(root.c_str(), &st) != 0 || !S_ISLNK(st.st_mode)) continue;
    if (::stat(root.c_str(), &st) != 0 || S_ISDIR(st.st_mode)) continue;
    if (links++ == 0) first = root.string();
  }
  if (links == 0) return;
  const auto more = links == 1 ? std::string{} : " and " + std::to_string(links - 1) + " more";
  warnings.push_back("'" + printable(first) + "'" + more +
                     (links == 1 ? " is a link to a file" : " are links to files") +
                     ": links are not followed; name what they lead to");
}

}  // namespace sluice::cli
