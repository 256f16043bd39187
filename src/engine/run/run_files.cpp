#include "engine/run/run_files.hpp"

#include "core/http/idempotency_key.hpp"
#include "core/pacing/revisits.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace sluice::engine {
namespace {

refusal unreadable(std::string detail, error_code ec = errc::source_unreadable) {
  return {stop_reason::source_unreadable, ec, std::move(detail)};
}

std::string quoted(const std::string& path) { return "'" + printable(path) + "'"; }

}  // namespace

std::vector<io::directory_ptr> run_files::directories() const {
  auto all = opened_.roots;
  all.insert(all.end(), opened_.parents.begin(), opened_.parents.end());
  return all;
}

std::optional<refusal> run_files::open(const source& from, job_terms& terms) {
  auto selector = core::selector::compile(from.select);
  if (!selector.has_value())
    return unreadable(selector.error().what,
                      boost::system::errc::make_error_code(boost::system::errc::invalid_argument));
  selector_ = std::move(*selector);
  if (const auto& pattern = context_.settings.pattern) selector_.add_pattern(*pattern);
  if (const auto& sidecar = context_.settings.sidecar) selector_.leave_out(*sidecar);
  if (auto r = open_source(from)) return r;
  if (auto r = take_lock(from)) return r;
  if (auto r = open_targets(terms)) return r;
  return open_log();
}

std::optional<refusal> run_files::open_source(const source& from) {
  const auto& cfg = context_.settings.raw;
  std::filesystem::path failed;
  if (const auto ec = context_.world.files->open_source(from, opened_, failed))
    return unreadable("cannot read " + quoted(failed.string()) + ": " + ec.message());
  if (cfg.on_success.what() == disposal::action::keep || cfg.dry_run || from.roots().empty())
    return std::nullopt;
  for (const auto& root : directories())
    if (const auto ec = context_.world.files->writable(*root))
      return unreadable("files cannot be taken out of " + quoted(root->path()) + ": " + ec.message() +
                        "; nothing was sent (on_success keep sends without it)");
  return std::nullopt;
}

std::optional<refusal> run_files::take_lock(const source& from) {
  const auto& cfg = context_.settings.raw;
  if (cfg.dry_run || (from.roots().empty() && cfg.lock_file.empty())) return std::nullopt;
  const auto locked = directories();
  const auto& shard = from.select.shard;
  const auto places = shard ? core::range_of(*shard) : core::all_places;
  const auto ec = context_.world.files->lock(locked, cfg.lock_file, places, lock_);
  if (!ec) {
    warn_of_network(from, locked);
    return std::nullopt;
  }
  const auto what = quoted(cfg.lock_file.empty() ? locked.front()->path() : cfg.lock_file.string());
  if (ec != errc::locked) return unreadable("cannot lock " + what + ": " + ec.message());
  const auto part = shard && shard->of > 1 ? ", or files of shard " + to_string(*shard) + " in it" : "";
  return refusal{stop_reason::locked, ec, "another instance holds " + what + part};
}

/// Other machines see no lock of a directory there.
void run_files::warn_of_network(const source& from, const std::vector<io::directory_ptr>& locked) const {
  if (from.select.shard || from.roots().empty() || !context_.settings.raw.lock_file.empty()) return;
  for (const auto& dir : locked) {
    const auto network = context_.world.files->network(*dir);
    if (network.empty()) continue;
    return context_.tell(
        notice::kind::shared_source,
        quoted(dir->path()) + " is on " + network +
            ", where runs on other machines do not see this one's lock: if there are any, "
            "each file is sent by all of them; give each its part with --shard K/N, or all of "
            "them one lock file with --lock FILE");
  }
}

std::optional<refusal> run_files::open_targets(job_terms& terms) const {
  const auto& cfg = context_.settings.raw;
  const auto& files = *context_.world.files;
  error_code ec;
  const auto open = [&](const disposal& d, io::directory_ptr& into) {
    if (d.what() != disposal::action::move) return true;
    into = files.open_directory(d.directory(), ec);
    if (into && !cfg.dry_run) ec = files.writable(*into);
    return into && !ec;
  };
  if (open(cfg.on_success, terms.move_target) && open(cfg.on_reject, terms.reject_target))
    return std::nullopt;
  return unreadable("files cannot be moved to the directory for them: " + ec.message());
}

std::optional<refusal> run_files::open_log() {
  const auto& cfg = context_.settings.raw;
  error_code ec;
  if (cfg.resume) {
    if (auto old = context_.world.files->old_log(cfg.job_log, ec))
      reading_ = std::make_unique<io::log_reading>(std::move(old), accepted_);
    if (ec) return unreadable_log(ec);
  }
  if (cfg.job_log.empty() || cfg.dry_run) return std::nullopt;
  log_ = context_.world.files->open_log(cfg.job_log, ec);
  if (!ec) {
    std::vector<std::string> sources;
    for (const auto& root : opened_.roots) {
      std::error_code no_path;
      auto path = std::filesystem::absolute(root->path(), no_path);
      if (!no_path) sources.push_back(std::move(path).string());
    }
    log_->note_sources(std::move(sources));
    return std::nullopt;
  }
  if (ec == errc::locked)
    return refusal{stop_reason::locked, ec, "another instance holds " + quoted(cfg.job_log.string())};
  return refusal{stop_reason::record_failed,
                 ec == boost::system::errc::no_space_on_device ? ec : errc::record_failed,
                 "cannot write " + quoted(cfg.job_log.string()) + ": " + ec.message()};
}

refusal run_files::unreadable_log(const error_code& ec) const {
  return {stop_reason::record_failed, errc::record_failed,
          "cannot read " + quoted(context_.settings.raw.job_log.string()) + ": " + ec.message()};
}

awaitable<std::optional<refusal>> run_files::read_log(const bool& stopping) {
  constexpr core::milliseconds slice{1};
  error_code ec;
  while (reading_ && !stopping) {
    const auto until = context_.now() + slice;
    bool more = true;
    while (more && context_.now() < until) more = reading_->step(ec);
    if (ec) co_return unreadable_log(ec);
    if (!more) reading_.reset();
    co_await asio::post(context_.world.executor, asio::use_awaitable);
  }
  co_return std::nullopt;
}

std::uint64_t run_files::place_of(const io::directory_ptr& root, const std::string& path) const {
  const auto& roots = opened_.roots;
  const auto& parents = opened_.parents;
  auto at = std::ranges::find(roots, root) - roots.begin();
  if (static_cast<std::size_t>(at) == roots.size()) at += std::ranges::find(parents, root) - parents.begin();
  return core::revisit_id(static_cast<std::size_t>(at), path);
}

bool run_files::is_known(const io::directory_ptr& root, const std::string& path,
                         const core::file_identity& f) const {
  if (accepted_.empty()) return false;
  const auto fingerprint = core::fingerprint_of(place_of(root, path), f);
  if (recognised_.has(fingerprint)) return true;
  bool for_good = true;
  const bool known = is_accepted(root, path, f, for_good);
  if (known && for_good) recognised_.add(fingerprint, accepted_.size());
  return known;
}

/// `for_good`: a file elsewhere cannot change it.
bool run_files::is_accepted(const io::directory_ptr& root, const std::string& path,
                            const core::file_identity& f, bool& for_good) const {
  const auto key = core::idempotency_key(path, f);
  const core::logged_file like{path, f.size, f.mtime_ns, key};
  if (accepted_.contains(like)) return true;
  const auto logged = accepted_.alike(like);
  if (logged == 0 || opened_.roots.size() + opened_.parents.size() == 1) return logged != 0;
  for_good = false;
  const auto has_one = [&](const auto& other) {
    return other != root && context_.world.files->has_alike(*other, path, f);
  };
  const auto there =
      1 + std::ranges::count_if(opened_.roots, has_one) + std::ranges::count_if(opened_.parents, has_one);
  return logged >= static_cast<std::size_t>(there);
}

std::optional<std::uint64_t> run_files::digest_of_kept(const std::string& path,
                                                       const core::file_identity& f) const {
  if (context_.settings.raw.on_success.what() == disposal::action::keep) return std::nullopt;
  const auto key = core::idempotency_key(path, f);
  return accepted_.digest_of_kept({path, f.size, f.mtime_ns, key});
}

}  // namespace sluice::engine
