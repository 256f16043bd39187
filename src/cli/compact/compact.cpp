#include "compact.hpp"

#include "cli/exit_code.hpp"
#include "cli/terminal/progress_text.hpp"

#include <sluice/error.hpp>
#include <sluice/job_log.hpp>
#include <sluice/text.hpp>

#include <filesystem>
#include <iostream>

namespace sluice::cli {
namespace {

int code_of(const compaction& done) {
  const auto code = !done.error                                                    ? exit_code::done
                    : done.error == errc::locked                                   ? exit_code::locked
                    : done.error == errc::source_unreadable                        ? exit_code::source
                    : done.error == boost::system::errc::no_such_file_or_directory ? exit_code::usage
                                                                                   : exit_code::some_failed;
  return static_cast<int>(code);
}

std::string text_of(const std::string& log, const compaction& done) {
  std::string text = "sluice: '" + printable(log) + "' has " + grouped(done.kept) + " of " +
                     grouped(done.lines) + " lines now, " + human_bytes(static_cast<double>(done.bytes)) +
                     " of " + human_bytes(static_cast<double>(done.bytes_before));
  if (done.others > 0) text += "; " + grouped(done.others) + " lines that are no records were kept";
  if (done.too_long > 0) text += "; " + grouped(done.too_long) + " lines longer than any record were dropped";
  return text;
}

}  // namespace

int compact(const raw_options& options, std::vector<std::string>& problems) {
  if (options.positionals.empty()) {
    problems.emplace_back("no LOG: write `sluice compact LOG [SOURCE...]`");
    return 0;
  }
  const auto& log = options.positionals.front();
  const auto done = compact_job_log(log, {options.positionals.begin() + 1, options.positionals.end()});
  std::cerr << (done.error ? "sluice: " + done.detail : text_of(log, done)) << '\n';
  return code_of(done);
}

}  // namespace sluice::cli
