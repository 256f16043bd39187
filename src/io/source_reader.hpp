// A source's entries, one after the other, whatever the source is.
#pragma once

#include "io/directory_walker.hpp"
#include "io/name_list.hpp"

#include <sluice/source.hpp>

#include <deque>

namespace sluice::io {

/// "How much comes first" of two files in the asked-for order; names break ties so that the order is total.
bool comes_before(const entry& a, const entry& b, const order& o);

/// Directory trees in turn, or a list of names; in order, where one is asked for (then the listing is held in
/// memory).
class source_reader {
 public:
  /// `from` and `selector` outlive the reader. `roots` are those of the source, opened; for a list, its base
  /// alone (or the working directory). `stat_all`: entries of directories have an identity.
  source_reader(asio::any_io_executor executor, const source& from,
                std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
                bool stat_all = false);

  /// The next entry, or nothing at the end; `ec` when the list cannot be read. Does not wait for a disk
  /// longer than a directory read takes; of a thousand skipped entries none suspends, so callers yield.
  awaitable<std::optional<entry>> next(error_code& ec);
  /// A next() that waits for a pipe ends with operation_aborted.
  void cancel();

 private:
  awaitable<std::optional<entry>> next_unsorted(error_code& ec);
  awaitable<std::optional<entry>> next_listed(error_code& ec);
  std::optional<entry> next_walked();
  std::optional<entry> next_given();
  awaitable<void> sort_all(error_code& ec);
  entry classify_name(std::string name) const;

  asio::any_io_executor executor_;
  const source& from_;
  std::vector<std::shared_ptr<const directory>> roots_;
  const core::selector& selector_;
  bool stat_all_;
  std::size_t next_root_ = 0;
  std::optional<directory_walker> walker_;
  std::optional<name_list> list_;
  std::optional<std::deque<entry>> sorted_;
  std::uint64_t files_ = 0;
  bool cancelled_ = false;
};

}  // namespace sluice::io
