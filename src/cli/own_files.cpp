#include "own_files.hpp"

#include <sluice/text.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::cli {
namespace {

void note_secret(const std::string& where, const std::string& file, send_plan& plan) {
  auto& own = plan.config.own_files;
  if (std::ranges::find(own, std::filesystem::path{file}) != own.end())
    return;  // one file for several options
  own.emplace_back(file);
  struct stat st{};
  if (::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0)
    plan.warnings.push_back(where + ": everybody on this machine can read the secrets in '" +
                            printable(file) + "'; chmod 600 it");
}

}  // namespace

void note_own_files(const raw_options& options, send_plan& plan) {
  const auto& headers = options.list("header");
  for (const auto& h : headers)
    if (h.starts_with('@')) note_secret(options.where("header"), h.substr(1), plan);
  if (const auto file = options.value("config")) {
    const bool holds_headers = options.where("header") == printable(*file) + ": header" &&
                               std::ranges::any_of(headers, [](auto& h) { return !h.starts_with('@'); });
    if (holds_headers)
      note_secret("--config", *file, plan);
    else
      plan.config.own_files.emplace_back(*file);
  }
  if (!plan.summary.empty() && plan.summary != "-") plan.config.own_files.emplace_back(plan.summary);
  if (!plan.window_trace.empty()) plan.config.own_files.emplace_back(plan.window_trace);
}

// A slip of the hand that would send, and perhaps remove, whatever a person has.
void check_home(const send_plan& plan, std::vector<std::string>& problems) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return;
  if (!plan.source.list_file().empty()) return;  // what is listed is meant
  for (const auto& root : plan.source.roots())
    if (std::error_code ignored; std::filesystem::equivalent(root, home, ignored))
      problems.push_back("'" + printable(root.string()) +
                         "' is your home directory; name the directory in it that holds the files");
}

}  // namespace sluice::cli
