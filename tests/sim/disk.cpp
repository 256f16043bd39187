#include "sim/disk.hpp"

#include "core/disposal.hpp"
#include "core/record.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace sim {
namespace {

namespace sys = boost::system::errc;
using sluice::errc;

error_code one_of(std::initializer_list<sys::errc_t> errors) {
  return sys::make_error_code(errors.begin()[world::here().below(errors.size())]);
}

}  // namespace

inode_ptr disk::make(std::string content, inode::kind what) {
  auto number = std::uint64_t{1};
  while (used_->contains(number)) ++number;
  used_->insert(number);
  const auto now = tick();
  return {new inode{number, what, std::move(content), now, now, false}, [used = used_](const inode* n) {
            used->erase(n->number);
            delete n;
          }};
}

void disk::create(const std::string& path, std::string content, inode::kind what) {
  auto node = make(std::move(content), what);  // before the old one lets go of its number
  names[path] = std::move(node);
  tell(path);
}

void disk::open_for_writing(const std::string& path, bool open) {
  const auto node = find(path);
  if (!node) return;
  node->has_writer = open;
  if (!open) tell(path);
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

file::file(disk& d, std::string path, inode_ptr node, asio::any_io_executor executor)
    : disk_{&d},
      path_{std::move(path)},
      node_{std::move(node)},
      executor_{std::move(executor)},
      identity_{node_->identity()},
      opened_content_{node_->content} {}

std::optional<sluice::core::file_identity> file::identity_now() const {
  if (disk_->fails()) return std::nullopt;
  return node_->identity();
}

std::optional<sluice::core::file_identity> file::entry_now() const {
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
  return {{}, n};
}

sluice::awaitable<void> file::wait_ready(std::uint64_t) {
  timer t{executor_};
  co_await sleep(t, world::here().between(milliseconds{0}, milliseconds{20}));
}

error_code files::open_file(const directory_ptr& root, const std::string& path, bool refuse_writers,
                            std::optional<file>& out, bool only_unwritten) {
  const auto where = root ? root->where + "/" + path : path;
  if (on->fails()) {
    if (world::here().chance(0.1)) throw std::bad_alloc{};
    return one_of({sys::permission_denied, sys::io_error, sys::too_many_files_open, sys::not_enough_memory,
                   sys::too_many_files_open_in_system});
  }
  const auto node = on->find(where);
  if (!node) return errc::file_vanished;
  if (node->what == inode::kind::link) return errc::not_a_regular_file;
  if ((refuse_writers || only_unwritten) && node->has_writer) return errc::being_written;
  out.emplace(*on, where, node, executor_);
  return {};
}

error_code files::remove(const file& f) const {
  if (on->fails())
    return one_of({sys::permission_denied, sys::read_only_file_system, sys::device_or_resource_busy});
  const auto node = on->find(f.path());
  if (!node) return one_of({sys::no_such_file_or_directory});
  if (const auto wrong = on->may_remove(f.path(), *node); !wrong.empty()) world::here().fail(wrong);
  if (on->root_is_gone) world::here().fail("removed after the source had gone: " + f.path());
  world::here().note("removed " + f.path());
  on->note_removed(f.path(), node);
  on->erase(f.path());
  return {};
}

error_code files::move(const file& f, const directory& target, const std::string& relative,
                       const std::string& key) const {
  if (on->fails() && world::here().chance(0.1)) throw std::bad_alloc{};
  if (on->fails()) return one_of({sys::cross_device_link, sys::no_space_on_device, sys::permission_denied});
  const auto node = on->find(f.path());
  if (!node) return one_of({sys::no_such_file_or_directory});
  const auto slash = relative.rfind('/');
  const auto below = target.where + "/" + (slash == std::string::npos ? "" : relative.substr(0, slash + 1));
  auto to = below + f.name();
  for (unsigned turn = 1; on->find(to); ++turn)
    to = below + sluice::core::collision_name(f.name(), key, turn);
  if (target.where == "moved")
    if (const auto wrong = on->may_remove(f.path(), *node); !wrong.empty()) world::here().fail(wrong);
  if (on->root_is_gone) world::here().fail("moved after the source had gone: " + f.path());
  world::here().note("moved " + f.path() + " to " + to);
  on->names[to] = node;
  on->erase(f.path());
  return {};
}

sluice::awaitable<std::optional<files::entry>> files::reader::next(error_code& ec) {
  auto& w = world::here();
  ec = {};
  if (w.chance(0.1)) co_await sleep(pause_, w.between(milliseconds{0}, milliseconds{50}));
  if (cancelled_) co_return std::nullopt;
  const auto root = roots_.front()->where + "/";
  const auto at = disk_.names.upper_bound(std::max(last_, root));
  if (at == disk_.names.end() || !at->first.starts_with(root)) {
    w.note("listed to its end");
    co_return std::nullopt;
  }
  last_ = at->first;
  entry e{entry::kind::file, roots_.front(), last_.substr(root.size()), {}, {}};
  const auto slash = e.path.find('/');
  if (slash != std::string::npos && disk_.fails()) {  // a directory that cannot be listed: passed over
    last_ = root + e.path.substr(0, slash) + "0";     // '0' comes right after '/'
    e = {entry::kind::unreadable_directory,
         roots_.front(),
         e.path.substr(0, slash),
         one_of({sys::permission_denied, sys::io_error}),
         {}};
  } else if (at->second->what == inode::kind::link) {
    e.what = entry::kind::skipped, e.why = errc::not_a_regular_file;
  }
  co_return e;
}

std::unique_ptr<files::follower> files::follow(const sluice::source& from, std::vector<directory_ptr> roots,
                                               const sluice::core::selector&,
                                               std::function<void()> news) const {
  return std::make_unique<follower>(*on, from, std::move(roots), std::move(news));
}

files::follower::follower(disk& d, const sluice::source& from, std::vector<directory_ptr> roots,
                          std::function<void()> news)
    : disk_{d}, rescan_{from.follow->rescan}, roots_{std::move(roots)}, news_{std::move(news)} {
  disk_.news = [this](const std::string& path) {
    if (final_) return;
    if (path.empty())
      again_ = true;
    else
      told_.push_back(path);
    news_();
  };
}

files::follower::step files::follower::next(steady_time now, sluice::core::wall_time,
                                            sluice::io::follow_room room, bool stat) {
  using kind = step::kind;
  if (disk_.root_is_gone) return {kind::lost};
  if (room == sluice::io::follow_room::none) return {};
  if (world::here().chance(0.1)) return {kind::more};
  if (!told_.empty()) {
    const auto path = std::move(told_.back());
    told_.pop_back();
    const auto node = disk_.find(path);
    if (!node || node->what != inode::kind::regular) return {kind::more};
    return {
        kind::found,
        entry{entry::kind::file, roots_.front(), path.substr(6), {}, node->identity(), entry::origin::told}};
  }
  if (room == sluice::io::follow_room::told) return {};
  if (walking_) return next_walked(now, stat);
  if (again_ || now >= walk_at_) {
    walking_ = whole_ = true, again_ = false, walk_at_ = steady_time::max(), last_.clear();
    final_ = finishing_;
    return {kind::walk_begins};
  }
  return {final_ ? kind::ended : kind::nothing};
}

files::follower::step files::follower::next_walked(steady_time now, bool stat) {
  const auto root = roots_.front()->where + "/";
  const auto at = disk_.names.upper_bound(std::max(last_, root));
  if (at == disk_.names.end() || !at->first.starts_with(root)) {
    walking_ = first_ = false;
    if (!final_) walk_at_ = now + rescan_;
    world::here().note("walked");
    return {whole_ ? step::kind::walk_ends : step::kind::walk_is_torn};
  }
  last_ = at->first;
  entry e{entry::kind::file,
          roots_.front(),
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
  if (stat) e.identity = at->second->identity();
  return {step::kind::found, std::move(e)};
}

void files::log::append(std::string line) {
  if (on->may_drop_log_lines && on->fails()) {
    if (world::here().chance(0.3)) throw std::bad_alloc{};
    drop();
    return;
  }
  on->job_log.push_back(std::move(line));
}

error_code files::keys::read(const std::filesystem::path&) {
  for (const auto& line : on->job_log) {
    const auto record = sluice::core::parse_record(line);
    if (record && !record->taken_away &&
        (record->fate == sluice::fate::accepted || record->fate == sluice::fate::undeletable))
      keys_.insert(record->key);
  }
  return {};
}

}  // namespace sim
