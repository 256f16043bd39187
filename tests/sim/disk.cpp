#include "sim/disk.hpp"

#include "core/files/disposal.hpp"
#include "core/report/record.hpp"
#include "support/log_text.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace sim {
namespace {

namespace sys = boost::system::errc;
using sluice::errc;

error_code one_of(std::initializer_list<sys::errc_t> errors) {
  return sys::make_error_code(errors.begin()[world::here().below(errors.size())]);
}

sluice::core::removal_failure failure(const error_code& e, bool move) {
  return {e, sluice::core::reach_of(e, move)};
}

sluice::core::removal_failure failure(sys::errc_t e, bool move) {
  return failure(sys::make_error_code(e), move);
}

}  // namespace

inode_ptr disk::make(std::string content, inode::kind what) {
  auto number = std::uint64_t{1};
  while (used_->contains(number)) ++number;
  used_->insert(number);
  const auto now = tick();
  return {new inode{number, what, std::move(content), now, now, false, false},
          [used = used_](const inode* n) {
            used->erase(n->number);
            delete n;
          }};
}

void disk::create(const std::string& path, std::string content, inode::kind what) {
  auto node = make(std::move(content), what);  // made before the old one lets go of its number
  names[path] = std::move(node);
  tell(path);
}

void disk::open_for_writing(const std::string& path, bool open) {
  const auto node = find(path);
  if (!node) return;
  node->has_writer = open;
  if (!open) tell(path);
}

void disk::link(const std::string& path, const std::string& other, bool and_back) {
  const auto node = find(path);
  if (!node || names.contains(other)) return;
  node->ctime = tick();
  if (and_back) return;
  names[other] = node;
  tell(other);
}

/// A name of it came or went: true when others are left, whose change time that moves.
bool disk::touch(inode& node) {
  const auto leads_to_it = [&](const auto& n) { return n.second.get() == &node; };
  if (!std::ranges::any_of(names, leads_to_it)) return false;
  node.ctime = tick();
  return true;
}

void disk::tell(const std::string& path) {
  if (!news) return;
  auto& w = world::here();
  if (w.chance(0.05))
    news({});
  else if (path.starts_with("spool/"))
    news(path);
}

void disk::rewrite(const std::string& path, std::string content) {
  const auto node = find(path);
  if (!node) return;
  node->content = std::move(content);
  node->mtime = node->ctime = tick();
  if (!node->has_writer) tell(path);
}

inode_ptr disk::find(const std::string& path) const {
  const auto at = names.find(path);
  return at == names.end() ? nullptr : at->second;
}

void disk::note_removed(const std::string& path, inode_ptr node) {
  undurable_.push_back({path, std::move(node), job_log.size()});
  if (undurable_.size() > 8) undurable_.erase(undurable_.begin());  // the kernel has written it meanwhile
}

void disk::power_cut() {
  auto& w = world::here();
  for (const auto& r : undurable_)
    if (w.chance(0.5) && !names.contains(r.path)) {
      w.note("back after the power cut: " + r.path);
      names[r.path] = r.node;
    }
  undurable_.clear();
  if (!job_log.empty() && w.chance(0.7)) {
    const auto lost = w.below(std::min<std::size_t>(job_log.size(), 4));
    job_log.resize(job_log.size() - lost);
    if (!job_log.empty() && w.chance(0.5)) job_log.back().resize(w.below(job_log.back().size()));
  }
}

file::file(disk& d, std::string path, inode_ptr node, asio::any_io_executor executor, bool writers_known)
    : disk_{&d},
      path_{std::move(path)},
      name_{path_.substr(path_.rfind('/') + 1)},
      node_{std::move(node)},
      executor_{std::move(executor)},
      identity_{node_->identity()},
      opened_content_{node_->content},
      sent_{identity_.size},
      writers_known_{writers_known} {}

std::optional<sluice::core::file_identity> file::identity_now() const noexcept {
  if (disk_->fails()) return std::nullopt;
  return node_->identity();
}

std::optional<sluice::core::file_identity> file::entry_now() const noexcept {
  if (disk_->fails()) return std::nullopt;
  const auto at = disk_->find(path_);
  return at ? at->identity() : sluice::core::file_identity{};
}

sluice::io::body::piece file::read_ready(std::uint64_t offset, std::span<char> into) {
  auto& w = world::here();
  if (w.chance(0.05)) return {asio::error::would_block};
  if (disk_->fails()) return {one_of({sys::io_error, sys::is_a_directory})};
  const auto& bytes = node_->content;
  if (offset >= bytes.size()) return {{}, 0};
  auto n = std::min<std::size_t>(into.size(), bytes.size() - offset);
  if (w.chance(0.3)) n = 1 + w.below(n);
  std::memcpy(into.data(), bytes.data() + offset, n);
  if (offset == 0) sent_.clear();
  if (offset == sent_.size()) sent_.add(into.first(n));
  return {{}, n};
}

sluice::awaitable<std::optional<std::uint64_t>> file::read_digest() {
  sluice::core::content_digest again{identity_.size};
  if (world::here().chance(0.3)) co_await wait_ready(0);
  if (node_->content.size() < identity_.size || disk_->fails()) co_return std::nullopt;
  again.add(std::string_view{node_->content}.substr(0, identity_.size));
  co_return again.value();
}

sluice::awaitable<void> file::wait_ready(std::uint64_t) {
  timer t{executor_};
  co_await sleep(t, world::here().between(milliseconds{0}, milliseconds{20}));
}

error_code files::open(const directory_ptr& root, const std::string& path,
                       const sluice::io::open_terms& terms, std::unique_ptr<sluice::io::opened_file>& out) {
  const auto where = root ? root->path() + "/" + path : path;
  if (disk_.fails()) {
    if (world::here().chance(0.1)) throw std::bad_alloc{};
    return one_of({sys::permission_denied, sys::io_error, sys::too_many_files_open, sys::not_enough_memory,
                   sys::too_many_files_open_in_system});
  }
  const auto node = disk_.find(where);
  if (!node) return errc::file_vanished;
  if (node->what == inode::kind::link) return errc::not_a_regular_file;
  const bool asks = (terms.to_take_away || terms.only_unwritten) && disk_.leases;
  if (asks && node->has_writer) return errc::being_written;
  out = std::make_unique<file>(disk_, where, node, executor_, asks);
  return {};
}

std::chrono::nanoseconds files::unsettled(const sluice::io::opened_file& f) {
  return f.writers_known()
             ? std::chrono::nanoseconds{0}
             : settling_.remaining(f.identity(), std::nullopt, world::here().wall(), world::here().now());
}

sluice::awaitable<void> files::confirm(sluice::io::opened_file& opened) {
  auto& f = static_cast<file&>(opened);
  const auto now = f.node()->identity();
  if (!sluice::core::only_change_time_differs(now, f.identity())) co_return;
  const bool ours = settling_.only_names_removed(f.identity(), now);
  if (!ours && co_await f.read_digest() != f.sent_digest()) co_return;
  if (f.node()->identity() == now) f.rebase(now);
}

void files::taken_away(const file& f, const inode_ptr& node, const sluice::core::file_identity& before) {
  if (node->unfinished) world::here().fail("taken away while it was being written: " + f.path());
  disk_.erase(f.path());
  if (!disk_.touch(*node)) return;
  settling_.name_removed(before, node->identity());
}

sluice::core::removal_failure files::remove(const sluice::io::opened_file& opened) noexcept {
  const auto& f = static_cast<const file&>(opened);
  if (!disk_.lets_go(f.path())) return failure(sys::permission_denied, false);
  if (disk_.fails())
    return failure(one_of({sys::permission_denied, sys::read_only_file_system, sys::device_or_resource_busy}),
                   false);
  const auto node = disk_.find(f.path());
  if (!node) return failure(sys::no_such_file_or_directory, false);
  if (const auto wrong = disk_.may_remove(f.path(), *node); !wrong.empty()) world::here().fail(wrong);
  if (disk_.root_is_gone) world::here().fail("removed after the source had gone: " + f.path());
  world::here().note("removed " + f.path());
  disk_.note_removed(f.path(), node);
  taken_away(f, node, node->identity());
  return {};
}

sluice::core::removal_failure files::move(const sluice::io::opened_file& opened,
                                          const sluice::io::directory& target, const std::string& relative,
                                          const std::string& key) {
  const auto& f = static_cast<const file&>(opened);
  if (!disk_.lets_go(f.path())) return failure(sys::permission_denied, true);
  if (disk_.fails() && world::here().chance(0.1)) throw std::bad_alloc{};
  if (disk_.fails())
    return failure(one_of({sys::cross_device_link, sys::no_space_on_device, sys::permission_denied}), true);
  const auto node = disk_.find(f.path());
  if (!node) return failure(sys::no_such_file_or_directory, true);
  const auto slash = relative.rfind('/');
  const auto below = target.path() + "/" + (slash == std::string::npos ? "" : relative.substr(0, slash + 1));
  auto to = below + f.name();
  for (unsigned turn = 1; disk_.find(to); ++turn)
    to = below + sluice::core::collision_name(f.name(), key, turn);
  if (target.path() == "moved")
    if (const auto wrong = disk_.may_remove(f.path(), *node); !wrong.empty()) world::here().fail(wrong);
  if (disk_.root_is_gone) world::here().fail("moved after the source had gone: " + f.path());
  world::here().note("moved " + f.path() + " to " + to);
  disk_.names[to] = node;
  taken_away(f, node, node->identity());
  return {};
}

sluice::awaitable<std::optional<entry>> reader::next(error_code& ec) {
  auto& w = world::here();
  ec = {};
  if (w.chance(0.1)) co_await sleep(pause_, w.between(milliseconds{0}, milliseconds{50}));
  if (cancelled_) co_return std::nullopt;
  const auto root = root_->path() + "/";
  const auto at = disk_.names.upper_bound(std::max(last_, root));
  if (at == disk_.names.end() || !at->first.starts_with(root)) {
    w.note("listed to its end");
    co_return std::nullopt;
  }
  last_ = at->first;
  entry e{entry::kind::file, root_, last_.substr(root.size()), {}, {}};
  const auto slash = e.path.find('/');
  if (slash != std::string::npos && disk_.fails()) {  // a directory that cannot be listed: passed over
    last_ = root + e.path.substr(0, slash) + "0";     // '0' comes right after '/'
    e = {entry::kind::unreadable_directory,
         root_,
         e.path.substr(0, slash),
         one_of({sys::permission_denied, sys::io_error}),
         {}};
  } else if (at->second->what == inode::kind::link) {
    e.what = entry::kind::skipped, e.why = errc::not_a_regular_file;
  }
  co_return e;
}

follower::follower(disk& d, const sluice::source& from, directory_ptr root, std::function<void()> news)
    : disk_{d}, rescan_{from.follow->rescan}, root_{std::move(root)}, news_{std::move(news)} {
  disk_.news = [this](const std::string& path) {
    if (final_) return;
    if (path.empty())
      again_ = true;
    else
      told_.push_back(path);
    news_();
  };
}

follower::step follower::next(steady_time now, sluice::core::wall_time wall, sluice::io::follow_room room) {
  using kind = step::kind;
  if (disk_.root_is_gone) return {kind::lost};
  if (room == sluice::io::follow_room::none) return {};
  if (world::here().chance(0.1)) return {kind::more};
  while (!later_.empty() && later_.begin()->first <= wall)
    told_.push_back(std::move(later_.extract(later_.begin()).mapped()));
  if (!told_.empty()) {
    const auto path = std::move(told_.back());
    told_.pop_back();
    const auto node = disk_.find(path);
    if (!node || node->what != inode::kind::regular) return {kind::more};
    return {kind::found,
            entry{entry::kind::file, root_, path.substr(6), {}, node->identity(), entry::origin::told}};
  }
  if (room == sluice::io::follow_room::told) return {};
  if (walking_) return next_walked(now);
  if (again_ || now >= walk_at_) {
    walking_ = whole_ = true, again_ = false, walk_at_ = steady_time::max(), last_.clear();
    final_ = finishing_;
    return {kind::walk_begins};
  }
  return {final_ ? kind::ended : kind::nothing};
}

follower::step follower::next_walked(steady_time now) {
  const auto root = root_->path() + "/";
  const auto at = disk_.names.upper_bound(std::max(last_, root));
  if (at == disk_.names.end() || !at->first.starts_with(root)) {
    walking_ = first_ = false;
    if (!final_) walk_at_ = now + rescan_;
    world::here().note("walked");
    return {whole_ ? step::kind::walk_ends : step::kind::walk_is_torn};
  }
  last_ = at->first;
  entry e{entry::kind::file,
          root_,
          last_.substr(root.size()),
          {},
          {},
          first_ ? entry::origin::first_walk : entry::origin::walk};
  const auto slash = e.path.find('/');
  if (slash != std::string::npos && disk_.fails()) {
    last_ = root + e.path.substr(0, slash) + "0";
    whole_ = false;
    return {step::kind::more};
  }
  if (at->second->what == inode::kind::link) {
    if (!first_) return {step::kind::more};
    e.what = entry::kind::skipped, e.why = errc::not_a_regular_file;
  }
  e.identity = at->second->identity();
  return {step::kind::found, std::move(e)};
}

void log::append(std::string line) {
  if (disk_.may_drop_log_lines && disk_.fails()) {
    if (world::here().chance(0.3)) throw std::bad_alloc{};
    drop();
    return;
  }
  disk_.job_log.push_back(std::move(line));
}

std::set<std::string> logged_keys(const disk& d) {
  std::set<std::string> keys;
  for (const auto& line : d.job_log)
    if (const auto r = sluice::core::parse_record(line);
        r && !r->taken_away && (r->fate == sluice::fate::accepted || r->fate == sluice::fate::undeletable))
      keys.insert(r->key);
  return keys;
}

std::unique_ptr<sluice::io::log_bytes> files::old_log(const std::filesystem::path&, error_code&) const {
  std::string lines;
  for (const auto& line : disk_.job_log) lines += line + '\n';
  return std::make_unique<support::log_text>(std::move(lines));
}

}  // namespace sim
