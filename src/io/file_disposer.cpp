#include "io/file_disposer.hpp"

#include "core/disposal.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace sluice::io {
namespace {

constexpr unsigned max_turns = 100;

/// The directory `relative` below `target`, made step by step with mode 0777 less the umask; each step goes
/// through the descriptor of the one before, so that no link leads a new directory out.
std::shared_ptr<const directory> make_below(const directory& target, const std::string& relative,
                                            error_code& ec) {
  auto dir = target.below(relative, ec);
  if (ec != boost::system::errc::no_such_file_or_directory) return dir;
  dir = target.below(".", ec);
  for (std::size_t at = 0; dir && at < relative.size();) {
    const auto end = std::min(relative.find('/', at), relative.size());
    const auto step = relative.substr(at, end - at);
    at = end + 1;
    if (step.empty()) continue;
    if (::mkdirat(dir->fd(), step.c_str(), 0777) != 0 && errno != EEXIST) {
      ec = last_error();
      return nullptr;
    }
    dir = dir->below(step, ec);
  }
  return dir;
}

}  // namespace

error_code remove_name(const source_file& file) noexcept {
  if (::unlinkat(file.parent().fd(), file.name().c_str(), 0) == 0) return {};
  return last_error();
}

error_code move_name(const source_file& file, const directory& target, const std::string& relative,
                     const std::string& key) {
  error_code ec;
  const auto slash = relative.rfind('/');
  const auto into = make_below(
      target, slash == std::string::npos ? "." : relative.substr(0, std::max<std::size_t>(slash, 1)), ec);
  if (ec) return ec;
  std::string name = file.name();
  for (unsigned turn = 1; turn <= max_turns; ++turn) {
    if (::renameat2(file.parent().fd(), file.name().c_str(), into->fd(), name.c_str(), RENAME_NOREPLACE) == 0)
      return {};
    if (errno != EEXIST) return last_error();
    name = core::collision_name(file.name(), key, turn);
  }
  return {EEXIST, boost::system::system_category()};
}

}  // namespace sluice::io
