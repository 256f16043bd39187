#include "io/source_reader.hpp"

#include <sluice/error.hpp>

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace sluice::io {
namespace {

core::wall_time wall_now() { return std::chrono::system_clock::now(); }

}  // namespace

bool comes_before(const entry& a, const entry& b, const order& o) {
  const auto key = [&](const entry& e) -> std::int64_t {
    if (!e.identity || o.what == order::by::name) return 0;
    return o.what == order::by::size ? static_cast<std::int64_t>(e.identity->size) : e.identity->mtime_ns;
  };
  const auto ka = key(a), kb = key(b);
  if (ka != kb) return o.descending ? ka > kb : ka < kb;
  return o.descending ? a.path > b.path : a.path < b.path;
}

source_reader::source_reader(asio::any_io_executor executor, const source& from,
                             std::vector<std::shared_ptr<const directory>> roots,
                             const core::selector& selector, bool stat_all)
    : executor_{std::move(executor)},
      from_{from},
      roots_{std::move(roots)},
      selector_{selector},
      stat_all_{stat_all || from.order.what == order::by::mtime || from.order.what == order::by::size} {}

awaitable<std::optional<entry>> source_reader::next(error_code& ec) {
  ec = {};
  const auto limit = from_.select.max_files;
  if (limit != 0 && files_ >= limit) co_return std::nullopt;
  std::optional<entry> e;
  if (from_.order.what != order::by::none && !sorted_) co_await sort_all(ec);
  if (ec) co_return std::nullopt;
  if (sorted_) {
    if (!sorted_->empty()) e = std::move(sorted_->front()), sorted_->pop_front();
  } else {
    e = co_await next_unsorted(ec);
  }
  if (e && e->what == entry::kind::file) ++files_;
  co_return e;
}

// No conditional expression with co_await: GCC 12 evaluates both sides.
awaitable<std::optional<entry>> source_reader::next_unsorted(error_code& ec) {
  if (from_.is_walked()) co_return next_walked();
  if (from_.next()) co_return next_given();
  co_return co_await next_listed(ec);
}

void source_reader::cancel() {
  cancelled_ = true;
  if (list_) list_->cancel();
}

std::optional<entry> source_reader::next_walked() {
  for (;;) {
    if (walker_)
      if (auto e = walker_->next(wall_now())) return e;
    if (next_root_ == roots_.size()) return std::nullopt;
    walker_.emplace(roots_[next_root_++], selector_, stat_all_);
  }
}

std::optional<entry> source_reader::next_given() {
  const auto path = cancelled_ ? std::nullopt : from_.next()();
  if (!path) return std::nullopt;
  return classify_name(path->string());
}

awaitable<std::optional<entry>> source_reader::next_listed(error_code& ec) {
  if (!list_) list_.emplace(executor_, from_.list_file(), from_.nul_separated(), ec);
  if (ec || cancelled_) co_return std::nullopt;
  auto name = co_await list_->next(ec);
  if (!name) co_return std::nullopt;
  co_return classify_name(std::move(*name));
}

entry source_reader::classify_name(std::string name) const {
  entry e{entry::kind::skipped, roots_.front(), std::move(name), errc::not_selected, std::nullopt};
  if (e.path.starts_with('/') && !from_.roots().empty()) {  // absolute, perhaps below the base all the same
    auto base = std::filesystem::absolute(e.root->path()).lexically_normal().string();
    while (base.ends_with('/')) base.pop_back();
    if (e.path.starts_with(base + "/")) e.path.erase(0, base.size() + 1);
  }
  while (e.path.starts_with("./")) e.path.erase(0, 2);
  if (!selector_.wants_name(e.path)) return e;
  if (selector_.needs_stat() || from_.order.what != order::by::none) {
    struct stat st{};
    if (::fstatat(e.root->fd(), e.path.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) {
      e.identity = identity_of(st);
      if (!selector_.wants_content(*e.identity, wall_now())) return e;
    }
  }
  e.what = entry::kind::file;
  e.why = {};
  return e;
}

awaitable<void> source_reader::sort_all(error_code& ec) {
  std::deque<entry> all;
  for (std::size_t n = 0;; ++n) {
    auto e = co_await next_unsorted(ec);
    if (ec) co_return;
    if (!e) break;
    all.push_back(std::move(*e));
    if (n % 256 == 255) co_await asio::post(executor_, asio::use_awaitable);
  }
  std::ranges::sort(all, [&](const entry& a, const entry& b) { return comes_before(a, b, from_.order); });
  sorted_ = std::move(all);
}

}  // namespace sluice::io
