// Confirmed files that could not be taken away: what is not sent because of them, and how that ends.
#pragma once

#include "core/files/removal.hpp"
#include "core/pacing/revisits.hpp"
#include "engine/attempt/conclusion.hpp"
#include "engine/run/run_files.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::engine {

class stuck_files {
 public:
  stuck_files(context& c, const run_files& files) : context_{c}, files_{files} {}

  /// Why nothing of the job's folder is sent, or no error. `device` 0: the file is not open yet.
  error_code held(const job& j, std::uint64_t device) const;
  /// An observer hears, once for each folder, that its files are not sent.
  void tell_obstacle(const job& j, const error_code& why);
  void taken_away(const job& j, const core::file_identity& f);
  /// A confirmed file stayed. What it tells of its folder is noted. True: from now on it is to be tried
  /// again.
  bool stayed(const job& j, const io::opened_file& f, const core::removal_failure& failed);

  /// Sets when files that stayed are tried again: first after `again`, then after twice as long each time.
  void try_again_every(core::milliseconds again, core::milliseconds most) {
    retry_ = {.again = again, .most = most, .wait = {}};
  }
  core::steady_time next_try() const noexcept { return retry_ ? retry_->at : core::steady_time::max(); }
  void try_now() {
    if (retry_ && !kept_.empty()) retry_->at = context_.now();
  }
  /// Tries a few, one for each reason, as jobs of `owner`. True: what was held is free, and to be looked at.
  awaitable<bool> try_again(std::shared_ptr<job_owner> owner, job_terms& terms, conclusion& end);

 private:
  struct kept_file {
    io::directory_ptr root;
    file_record record;  ///< has its path
    core::file_identity identity;
    std::uint64_t digest = 0;  ///< digest of the bytes that were sent
    std::uint64_t folder = 0;
    core::reach of = core::reach::file;

    /// The cause that holds it; the same for all that stay for the same reason.
    std::pair<core::reach, std::uint64_t> held() const noexcept;
  };
  struct retrying {
    core::milliseconds again, most, wait;
    core::steady_time at = core::steady_time::max();
  };
  std::uint64_t folder_of(const job& j) const;
  void tell(const job& j, const error_code& why, core::reach of, std::uint64_t device);
  awaitable<taking> take_away(const kept_file& k, const std::shared_ptr<job_owner>& owner, job_terms& terms,
                              conclusion& end);
  bool set_free(const kept_file& k);

  context& context_;
  const run_files& files_;
  core::held_folders held_;                                ///< folders of which nothing is sent
  boost::unordered_flat_set<std::uint64_t> told_folders_;  ///< an observer was told of them
  std::deque<kept_file> kept_;
  std::optional<retrying> retry_;
};

}  // namespace sluice::engine
