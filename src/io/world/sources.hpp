// A source of files as the engine reads it: to its end, or for ever.
#pragma once

#include "core/time.hpp"
#include "io/asio.hpp"
#include "io/sources/entry.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace sluice::io {

/// The entries of a source, one after the other.
class entry_reader {
 public:
  virtual ~entry_reader() = default;
  /// The next entry, or nothing at the end; `ec` when a list cannot be read. Of a thousand skipped entries
  /// none suspends, so callers yield.
  virtual awaitable<std::optional<entry>> next(error_code& ec) = 0;
  /// The next entry where it can be had at once; nothing: next() tells.
  virtual std::optional<entry> next_at_once() { return std::nullopt; }
  /// A next() that waits for a pipe ends with operation_aborted.
  virtual void cancel() = 0;
};

struct follow_step {
  enum class kind {
    found,         ///< `what`
    waits,         ///< `what` is there, but not its turn: too young, or there is no room
    more,          ///< no entry yet: ask again soon
    nothing,       ///< no entry until `news`, or next_at()
    walk_begins,   ///< a walk of the whole source begins
    walk_ends,     ///< the walk saw all that is there
    walk_is_torn,  ///< the walk ended, and could not see all
    events_lost,   ///< the kernel told of more than it could hold: a walk follows
    lost,          ///< `lost()` no longer is what was opened
    ended,         ///< the source has ended after finish()
  };
  kind is = kind::nothing;
  std::optional<entry> what{};
};

/// A source that is followed. Nothing here waits: the caller asks again when it has news, or at next_at().
class followed_source {
 public:
  virtual ~followed_source() = default;
  /// Entries have an identity. Roots are looked for, and the kernel is heard, whatever there is room for.
  virtual follow_step next(core::steady_time now, core::wall_time wall, follow_room room) = 0;
  virtual core::steady_time next_at(core::steady_time now, core::wall_time wall) const = 0;

  /// A walk begins now. `of_all`: it reads each directory, whether it has changed or not.
  virtual void rescan(bool of_all) noexcept = 0;
  /// Ends the source after one more walk. The kernel is not heard from the beginning of that walk on.
  virtual void finish() noexcept = 0;
  virtual bool finishing() const noexcept = 0;
  /// A walk begins at `t`, if none does before.
  virtual void walk_by(core::steady_time t) noexcept = 0;
  virtual bool walking() const noexcept = 0;
  /// Looks at a file as if the kernel had told of it.
  virtual void look_again(const std::shared_ptr<const directory>& root, std::string path) = 0;
  /// Looked at again at `t`. False: there is no room for it, and a walk has to find it.
  virtual bool put_off(const std::shared_ptr<const directory>& root, std::string path, core::wall_time t) = 0;

  /// A folder below a root was removed: the kernel is not asked about it any more.
  virtual void folder_removed(const directory& /*root*/, const std::string& /*path*/) {}

  /// Some directories could not be watched, as far as the last walk found.
  virtual bool only_rescans() const noexcept = 0;
  /// The root's path leads to it.
  virtual bool still_there(const directory& root) const = 0;
  /// The path of a root that is not there any more, or empty.
  virtual const std::string& lost() const noexcept = 0;
  virtual std::size_t too_young() const noexcept = 0;
};

}  // namespace sluice::io
