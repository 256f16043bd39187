#include "engine/run/stuck_files.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>

namespace sluice::engine {
namespace {

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

std::pair<core::reach, std::uint64_t> stuck_files::kept_file::held() const noexcept {
  switch (of) {
    case core::reach::file:
      return {of, core::revisit_id(folder, record.path)};
    case core::reach::folder:
      return {of, folder};
    case core::reach::file_system:
      return {of, identity.device};
    case core::reach::target:
      break;
  }
  return {of, 0};
}

std::uint64_t stuck_files::folder_of(const job& j) const {
  return files_.place_of(j.root, std::string{parent_of(j.path)});
}

error_code stuck_files::held(const job& j, std::uint64_t device) const {
  return held_.empty() ? error_code{} : held_.why(folder_of(j), device);
}

void stuck_files::tell_obstacle(const job& j, const error_code& why) {
  tell(j, why, core::reach_of(why, false), j.root->device());
}

/// Once for what it reaches: a folder (also for its files), a file system, everything.
void stuck_files::tell(const job& j, const error_code& why, core::reach of, std::uint64_t device) try {
  constexpr std::size_t most_told = 4096;
  const auto about = of == core::reach::target ? 0 : of == core::reach::file_system ? device : folder_of(j);
  if (!context_.settings.raw.on_notice || told_folders_.size() >= most_told ||
      !told_folders_.insert(about + static_cast<std::uint64_t>(of)).second)
    return;
  const auto& how = context_.settings.raw.on_success;
  const auto below_root = [&](std::string_view path) {
    return "'" + printable(j.root->path() + (path.empty() ? "" : "/") + std::string{path}) + "'";
  };
  const std::string done = how.what() == disposal::action::move ? "moved" : "removed";
  const std::string folder = below_root(parent_of(j.path));
  std::string text;
  switch (of) {
    case core::reach::file:
      text = below_root(j.path) + (j.attempts.made > 0
                                       ? " was sent and stays: it could not be " + done
                                       : " is not sent: it could not be " + done + " afterwards");
      break;
    case core::reach::folder:
      text = "nothing more is sent from " + folder + ": its files cannot be " + done;
      break;
    case core::reach::file_system:
      text = "nothing more is sent from the file system of " + folder + ": its files cannot be " + done;
      break;
    case core::reach::target:
      text = "nothing more is sent: files cannot be moved to '" + printable(how.directory().string()) + "'";
      break;
  }
  context_.tell(notice::kind::not_removable, text + ": " + why.message());
} catch (const std::bad_alloc&) {  // a notice lost is no file lost
}

void stuck_files::taken_away(const job& j, const core::file_identity& f) {
  held_.went(folder_of(j), f.device);
}

bool stuck_files::stayed(const job& j, const io::opened_file& f, const core::removal_failure& failed) try {
  const bool gone =
      failed.of == core::reach::file && failed.why == boost::system::errc::no_such_file_or_directory;
  if (gone) return false;
  const auto folder = folder_of(j);
  const auto device = f.identity().device;
  const auto anew = held_.hold(folder, device, failed);
  const auto of = anew.value_or(held_.reach_on(folder, device, failed.of));
  if (anew || of == core::reach::file) tell(j, failed.why, of, device);
  if (!retry_ || j.owner->ended()) return false;
  const bool first = retry_->at == core::steady_time::max();
  if (first) retry_->wait = retry_->again, retry_->at = context_.now() + retry_->again;
  constexpr std::size_t most_kept = 4096;
  if (kept_.size() < most_kept) {
    kept_file k{j.root, j.record, f.identity(), f.sent_digest(), folder, of};
    k.record.response = {};
    kept_.push_back(std::move(k));
  }
  return first;
} catch (const std::bad_alloc&) {  // a later walk finds the file, and its key in the log
  return false;
}

awaitable<bool> stuck_files::try_again(std::shared_ptr<job_owner> owner, job_terms& terms, conclusion& end) {
  constexpr std::size_t at_a_time = 16;
  const auto now = context_.now();
  std::array<std::pair<core::reach, std::uint64_t>, at_a_time> tried;
  std::size_t tries = 0, stayed = 0;
  bool went = false, look_at_all = false;
  for (auto n = kept_.size(); n > 0 && tries < at_a_time && !owner->ended(); --n) {
    auto k = std::move(kept_.front());
    kept_.pop_front();
    const auto last = tried.begin() + static_cast<std::ptrdiff_t>(stayed);
    if (std::find(tried.begin(), last, k.held()) != last) {
      kept_.push_back(std::move(k));
      continue;
    }
    ++tries;
    auto what = taking::result::not_yet;
    try {
      const auto tried_now = co_await take_away(k, owner, terms, end);
      what = tried_now.what;
    } catch (const std::bad_alloc&) {  // later, then
    }
    const auto alike = [&](const auto& other) { return other.held() == k.held(); };
    if (what == taking::result::not_yet) {
      tried[stayed++] = k.held();
      kept_.push_back(std::move(k));
    } else if (what == taking::result::away || std::ranges::none_of(kept_, alike)) {
      went = true;  // or the next file that is sent will tell
      look_at_all = set_free(k) || look_at_all;
    }
  }
  if (kept_.empty() && !held_.empty()) held_ = core::held_folders{}, look_at_all = true;
  if (look_at_all) told_folders_.clear();
  retry_->wait = went ? retry_->again : std::min(retry_->wait * 2, std::max(retry_->again, retry_->most));
  retry_->at = kept_.empty() ? core::steady_time::max() : now + (went ? retry_->again / 8 : retry_->wait);
  co_return look_at_all;
}

/// The files that one had held are sent again. False: it had held none.
bool stuck_files::set_free(const kept_file& k) {
  if (k.of == core::reach::file || !held_.why(k.folder, k.identity.device)) return false;
  held_.free(k.folder, k.identity.device, k.of);
  return true;
}

/// Opens one that stayed, and tries again to take it away.
awaitable<taking> stuck_files::take_away(const kept_file& k, const std::shared_ptr<job_owner>& owner,
                                         job_terms& terms, conclusion& end) {
  job j;
  j.owner = owner, j.root = k.root, j.record = k.record, j.path = k.record.path, j.seq = k.record.seq;
  const auto& how = terms.on_success;
  auto& files = *context_.world.files;
  if (how.what() == disposal::action::move && k.of == core::reach::target) {
    error_code ec;
    auto fresh = files.open_directory(how.directory(), ec);  // another may have been made in its place
    if (!fresh) co_return taking{};
    terms.move_target = std::move(fresh);
  }
  std::unique_ptr<io::opened_file> f;
  const auto ec = files.open(j.root, j.path, {true, true, terms.move_target.get()}, f);
  if (ec == errc::file_vanished || ec == errc::not_a_regular_file)
    co_return taking{taking::result::not_ours, {}};
  if (ec) co_return taking{};
  auto tried = co_await end.take_away(j, *f, k.identity, k.digest);
  if (tried.failed) owner->spool().write_record(j);
  co_return tried;
}

}  // namespace sluice::engine
