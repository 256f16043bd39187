#include "io/sources/source_reader.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

namespace sluice::io {
namespace {

core::wall_time wall_now() { return std::chrono::system_clock::now(); }

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r") == std::string::npos; }

}  // namespace

source_reader::source_reader(asio::any_io_executor executor, const source& from,
                             std::vector<std::shared_ptr<const directory>> roots,
                             const core::selector& selector, bool stat_all, std::vector<named_file> named)
    : executor_{std::move(executor)},
      from_{from},
      selector_{selector},
      stat_all_{stat_all || from.order.what == order::by::mtime || from.order.what == order::by::size},
      named_{std::move(named)} {
  if (from.is_walked())
    trees_.emplace(std::move(roots), selector_, stat_all_);
  else
    places_.emplace(std::move(roots.front()));
  std::ranges::reverse(named_);
  if (from.order.what != order::by::none) listing_.emplace(from.order);
}

awaitable<std::optional<entry>> source_reader::next(error_code& ec) {
  ec = {};
  if (has_reached_limit()) co_return std::nullopt;
  std::optional<entry> e;
  if (listing_) {
    e = co_await next_sorted(ec);
  } else {
    e = co_await next_unsorted(ec);
  }
  if (e && e->what == entry::kind::file) ++files_;
  co_return e;
}

bool source_reader::has_reached_limit() const noexcept {
  const auto limit = from_.select.max_files;
  return limit != 0 && files_ >= limit;
}

std::optional<entry> source_reader::next_at_once() {
  const bool has_some = !listing_ && trees_ && !trees_->has_ended();
  if (!has_some || has_reached_limit() || share_.is_used_up()) return std::nullopt;
  const loop_share::step step{share_};
  auto e = trees_->next_entry(wall_now());
  if (e && e->what == entry::kind::file) ++files_;
  return e;
}

// No conditional expression with co_await: GCC 12 evaluates both sides.
awaitable<std::optional<entry>> source_reader::next_unsorted(error_code& ec) {
  if (share_.is_used_up()) co_await give_way();
  if (from_.is_walked()) co_return co_await next_walked();
  if (!from_.next()) co_return co_await next_listed(ec);
  co_return co_await next_given();
}

void source_reader::cancel() {
  cancelled_ = true;
  if (list_) list_->cancel();
}

awaitable<std::optional<entry>> source_reader::next_walked() {
  while (!trees_->has_ended()) {
    if (share_.is_used_up()) co_await give_way();
    const loop_share::step step{share_};
    if (auto e = trees_->next_entry(wall_now())) co_return e;
  }
  while (!named_.empty()) {
    if (share_.is_used_up()) co_await give_way();
    const loop_share::step step{share_};
    auto e = take_named();
    if (selector_.is_ours(e.path)) co_return look_at_named(std::move(e));
  }
  co_return std::nullopt;
}

entry source_reader::take_named() {
  entry e{entry::kind::skipped, named_.back().directory, std::move(named_.back().name), errc::not_selected,
          std::nullopt};
  named_.pop_back();
  return e;
}

entry source_reader::look_at_named(entry e) const {
  if (selector_.wants_name(e.path)) look_at(e);
  return e;
}

awaitable<std::optional<entry>> source_reader::next_given() {
  while (!cancelled_) {
    if (share_.is_used_up()) co_await give_way();
    const loop_share::step step{share_};
    const auto path = from_.next()();
    if (!path) break;
    auto e = classify_name(path->string());
    if (selector_.is_ours(e.path)) co_return e;
  }
  co_return std::nullopt;
}

awaitable<std::optional<entry>> source_reader::next_listed(error_code& ec) {
  if (!list_) list_.emplace(executor_, from_.list_file(), from_.nul_separated(), ec, from_.is_manifest());
  while (!ec && !cancelled_) {
    const auto name = co_await list_->next(ec);
    if (!name) break;
    if (share_.is_used_up()) co_await give_way();
    const loop_share::step step{share_};
    if (from_.is_manifest() && is_blank(*name)) continue;
    auto e = from_.is_manifest() ? classify_line(*name) : classify_name(*name);
    if (is_ours(e)) co_return e;
  }
  co_return std::nullopt;
}

/// A line that names no file is nobody's: the first shard tells of it.
bool source_reader::is_ours(const entry& e) const noexcept {
  if (e.what != entry::kind::bad_line) return selector_.is_ours(e.path);
  return !from_.select.shard || from_.select.shard->number == 1;
}

entry source_reader::classify_line(const std::string& text) {
  auto parsed = core::parse_manifest_line(text);
  entry e{entry::kind::bad_line, places_->root(), {}, errc::unsendable, std::nullopt};
  if (!parsed.path.empty()) e = classify_name(parsed.path);
  e.line = std::make_shared<entry_line>(
      entry_line{list_->number(), std::move(parsed.problem), std::move(parsed.words)});
  return e;
}

/// A name is known by its place before anybody asks whose it is: of two spellings of one file all shards take
/// the first.
entry source_reader::classify_name(const std::string& name) {
  auto path = core::plain_path(name);
  if (!from_.roots().empty()) path = places_->below_root(std::move(path));
  entry e{entry::kind::skipped, places_->root(), std::move(path), errc::not_selected, std::nullopt};
  if (!selector_.wants_name(e.path)) return e;
  e.listed = true;
  if (e.path.find('\0') != std::string::npos) {  // a system call would take its beginning for all of it
    e.why = errc::file_missing;
    return e;
  }
  // A manifest has no memory: what it names again is sent again.
  if (!from_.is_manifest() && !places_->add_place(e.path)) {
    e.why = errc::listed_twice, e.listed = false;
    return e;
  }
  if (selector_.is_ours(e.path)) look_at(e);
  return e;
}

/// Where a rule, an order or a dry run asks for it; else its turn will tell.
void source_reader::look_at(entry& e) const {
  if (stat_all_ || selector_.needs_stat() || from_.order.what != order::by::none) {
    struct stat st{};
    if (stat_at(e.root->fd(), e.path, st, AT_SYMLINK_NOFOLLOW) == 0) {
      e.identity = identity_of(st), e.listed = false;
      if (!S_ISREG(st.st_mode)) e.why = errc::not_a_regular_file;
      if (!S_ISREG(st.st_mode) || !selector_.wants_content(*e.identity, wall_now())) return;
    } else if (e.listed && (errno == ENOENT || errno == ENOTDIR)) {
      e.why = errc::file_missing;
      return;
    }
  }
  e.what = entry::kind::file;
  e.why = {};
}

/// Gives what is not a file at once, and the files in their order when no more comes.
awaitable<std::optional<entry>> source_reader::next_sorted(error_code& ec) {
  while (!listing_->is_sorted()) {
    std::optional<entry> e;
    if (!listing_->is_whole()) e = co_await next_unsorted(ec);
    if (ec || (e && e->what != entry::kind::file)) co_return e;
    if (share_.is_used_up()) co_await give_way();
    const loop_share::step step{share_};
    if (e)
      listing_->add_file(std::move(*e));
    else
      listing_->sort_some();
  }
  if (share_.is_used_up()) co_await give_way();
  const loop_share::step step{share_};
  co_return listing_->next_entry();
}

awaitable<void> source_reader::give_way() {
  co_await asio::post(executor_, asio::use_awaitable);
  share_.renew();
}

}  // namespace sluice::io
