#include <sluice/job_log.hpp>

#include "io/disk/directory_lock.hpp"
#include "io/disk/log_compaction.hpp"
#include "io/disk/log_sources.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace sluice {
namespace {

std::string quoted(const std::filesystem::path& path) { return "'" + printable(path.string()) + "'"; }

compaction failed(compaction c, boost::system::error_code ec, std::string detail) {
  c.error = ec, c.detail = std::move(detail);
  return c;
}

/// Makes the log ours alone. errc::file_vanished: another one has its name.
boost::system::error_code take_log(const std::filesystem::path& log, io::unique_fd& out) {
  out = io::unique_fd{::open(log.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (!out) return io::last_error();
  struct stat ours{}, named{};
  if (::fstat(out.get(), &ours) != 0) return io::last_error();
  if (!S_ISREG(ours.st_mode)) return make_error_code(boost::system::errc::invalid_argument);
  if (::flock(out.get(), LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? boost::system::error_code{errc::locked} : io::last_error();
  if (::stat(log.c_str(), &named) != 0 || ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)
    return errc::file_vanished;
  return {};
}

}  // namespace

compaction compact_job_log(const std::filesystem::path& log, std::vector<std::filesystem::path> sources) {
  std::error_code no_path;
  const auto real = std::filesystem::canonical(log, no_path);  // a link to the log stays
  if (no_path) {
    const boost::system::error_code why{no_path.value(), boost::system::system_category()};
    return failed({}, why, "cannot read " + quoted(log) + ": " + why.message());
  }
  if (sources.empty()) {
    const io::unique_fd noted{::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    for (auto& path : io::read_log_sources(noted.get())) sources.emplace_back(std::move(path));
    if (sources.empty())
      return failed(
          {}, errc::source_unreadable,
          quoted(log) + " has no note of its sources: name the directories that its paths are relative to");
  }
  std::vector<std::shared_ptr<const io::directory>> roots;
  boost::system::error_code ec;
  for (const auto& source : sources) {
    roots.push_back(io::directory::open(source, ec));
    if (ec) return failed({}, errc::source_unreadable, "cannot read " + quoted(source) + ": " + ec.message());
  }
  io::directory_lock lock;
  if (ec = lock.take(roots, {}); ec)
    return failed({}, ec,
                  ec == errc::locked ? "a run holds " + quoted(sources.front()) +
                                           (roots.size() > 1 ? " or another source" : "") +
                                           ": stop it first, or let `sluice watch --joblog-compact` do it"
                                     : "cannot lock the source: " + ec.message());
  io::unique_fd file;
  if (ec = take_log(real, file); ec)
    return failed({}, ec,
                  ec == errc::locked
                      ? "a run has " + quoted(log) +
                            " open: stop it first, or let `sluice watch --joblog-compact` do it"
                      : "cannot read " + quoted(log) + ": " + ec.message());
  io::log_compaction work{file.get(), real, std::move(roots)};
  ec = work.open();
  while (!ec && work.step(ec)) {
  }
  const auto& report = work.report();
  if (!ec && report.known > 0 && report.found == 0)
    return failed(report, errc::source_unreadable,
                  "none of the " + std::to_string(report.known) + " files that " + quoted(log) +
                      " has as accepted is in " + quoted(sources.front()) +
                      ": is that the source, and is it mounted? Nothing was changed");
  if (!ec) ec = work.finish();
  if (ec && work.is_in_place())
    return failed(report, ec,
                  quoted(log) + " is compacted, but the disk did not confirm its new name: " + ec.message() +
                      "; after a power failure it may be the log of before. Look at the disk");
  return ec ? failed(report, ec,
                     "cannot compact " + quoted(log) + ": " + ec.message() + "; nothing was changed")
            : report;
}

}  // namespace sluice
