// The end of an attempt that got its answer: the delete rule, then the record, then the removal.
#pragma once

#include "core/files/disposal.hpp"
#include "engine/attempt/job_owner.hpp"
#include "engine/context.hpp"

#include <memory>
#include <optional>

namespace sluice::engine {

/// The result of taking away a file that was confirmed before.
struct taking {
  enum class result { away, not_yet, not_ours } what = result::not_yet;
  core::removal_failure failed;  ///< the removal itself failed
};

class conclusion {
 public:
  using identity = std::optional<core::file_identity>;

  explicit conclusion(context& c) : context_{c} {}

  /// The endpoint has accepted an upload of this uploader.
  bool any_accepted() const noexcept { return any_accepted_; }

  /// `f` is null for a body that is no file. `now`: a second fstat; nothing: it failed.
  outcome accepted(job& j, const io::opened_file* f, const identity& now, const io::exchange_report& report);
  outcome rejected(job& j, const io::opened_file* f, const identity& now, const core::judgement& v);

  /// The delete rule once more for a file that was confirmed before, then the record, then the removal. Where
  /// its change time has moved (a mode, an owner, an attribute was set), its bytes must be those of `digest`.
  /// A removal that fails has its reason in the record.
  awaitable<taking> take_away(job& j, io::opened_file& f, core::file_identity sent, std::uint64_t digest);
  /// Takes away the side-car of a file that was just taken away, in the same way, if its bytes are those that
  /// were read.
  awaitable<void> take_sidecar(const job& j);
  /// Takes away a file that an earlier run could not. Nothing: it is another than the one that was confirmed.
  awaitable<std::optional<outcome>> take_away_kept(job& j, io::opened_file& f);

 private:
  void tell_of_sidecar(const std::string& path, const std::string& why);
  outcome removed(job& j, const io::opened_file& f);
  core::removal_failure dispose(job& j, const io::opened_file& f, const disposal& how,
                                const io::directory_ptr& target);
  core::removal_failure move(job& j, const io::opened_file& f, const disposal& how,
                             const io::directory_ptr& target);

  static constexpr unsigned most_moved = 5;  ///< rejected files, before any was accepted

  context& context_;
  bool any_accepted_ = false, sidecar_told_ = false;
  unsigned moved_away_ = 0;  ///< rejected files
};

}  // namespace sluice::engine
