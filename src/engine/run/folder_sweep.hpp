// Removes the folders that a run has emptied (config::delete_empty_dirs).
#pragma once

#include "core/files/emptied_folders.hpp"
#include "core/report/totals.hpp"
#include "engine/attempt/job.hpp"
#include "engine/context.hpp"
#include "engine/run/run_files.hpp"
#include "io/world/clock.hpp"

#include <sluice/source.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace sluice::engine {

/// Folders go a settle time after they were emptied, while files are sent; at the end of a run those that had
/// been left alone before.
class folder_sweep {
 public:
  folder_sweep(context& c, const run_files& files, core::totals& totals)
      : context_{c}, files_{files}, totals_{totals}, emptied_{c.settings.raw.settle} {}

  /// Folders of `from` are noted from now on. `owner` keeps this alive; `followed` is null where the source
  /// is read once.
  void begin(const source& from, std::weak_ptr<void> owner);
  /// The source that is followed: it is asked whether its roots are still there, and told what was removed.
  void follow(io::followed_source* followed) noexcept { followed_ = followed; }
  /// A file was taken out of its folder.
  void took_file(const job& j, const io::opened_file& f) noexcept;
  /// finish() has something to do.
  bool has_some() const noexcept { return !emptied_.empty(); }
  /// Removes what may go at the end of the run, and counts what stays.
  awaitable<void> finish();
  /// Emptied folders that stay.
  std::uint64_t left() const noexcept { return left_ + emptied_.left_out(); }

 private:
  static constexpr core::milliseconds slice{1};  ///< so long the loop is held

  void arm();
  void remove_due();
  void remove(const core::emptied_folders::candidate& c);
  void tell_refusal(const core::emptied_folders::candidate& c, const error_code& why);

  context& context_;
  const run_files& files_;
  core::totals& totals_;
  core::emptied_folders emptied_;
  io::followed_source* followed_ = nullptr;
  std::weak_ptr<void> owner_;
  std::unique_ptr<io::timer> timer_;  ///< null: no folder is noted
  bool is_armed_ = false, told_ = false;
  std::uint64_t left_ = 0;
};

}  // namespace sluice::engine
