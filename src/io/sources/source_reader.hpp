// A source's entries, one after the other, whatever the source is.
#pragma once

#include "core/files/selection.hpp"
#include "io/loop_share.hpp"
#include "io/sources/listed_places.hpp"
#include "io/sources/name_list.hpp"
#include "io/sources/opened_source.hpp"
#include "io/sources/root_walker.hpp"
#include "io/sources/sorted_listing.hpp"
#include "io/world/sources.hpp"

#include <sluice/source.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::io {

/// Directory trees in turn, or a list of names; in order, where one is asked for: then all files are held in
/// memory, packed, and what is not sent comes before them.
class source_reader final : public entry_reader {
 public:
  /// `from` and `selector` outlive the reader. `roots` are those of the source, opened; for a list, its base
  /// alone (or the working directory). `stat_all`: entries have an identity, and what is not there is told as
  /// missing. `named`: files that are named one by one; they come after what is walked.
  source_reader(asio::any_io_executor executor, const source& from,
                std::vector<std::shared_ptr<const directory>> roots, const core::selector& selector,
                bool stat_all = false, std::vector<named_file> named = {});

  /// The next entry, or nothing at the end; `ec` when the list cannot be read. Gives way to others each
  /// millisecond, and waits for a disk no longer than one system call takes: a read of a directory, a look at
  /// a file.
  awaitable<std::optional<entry>> next(error_code& ec) override;
  /// One step of a tree that is read in no order: no coroutine for each of a million files.
  std::optional<entry> next_at_once() override;
  /// A next() that waits for a pipe ends with operation_aborted.
  void cancel() override;

 private:
  bool has_reached_limit() const noexcept;
  awaitable<std::optional<entry>> next_unsorted(error_code& ec);
  awaitable<std::optional<entry>> next_listed(error_code& ec);
  awaitable<std::optional<entry>> next_walked();
  awaitable<std::optional<entry>> next_given();
  entry take_named();
  entry look_at_named(entry e) const;
  awaitable<std::optional<entry>> next_sorted(error_code& ec);
  awaitable<void> give_way();
  entry classify_line(const std::string& text);
  bool is_ours(const entry& e) const noexcept;
  entry classify_name(const std::string& name);
  void look_at(entry& e) const;

  asio::any_io_executor executor_;
  const source& from_;
  const core::selector& selector_;
  bool stat_all_;
  std::optional<listed_places> places_;  ///< places of a source that is not walked
  std::optional<root_walker> trees_;     ///< trees of one that is
  std::vector<named_file> named_;        ///< the next one is the last
  std::optional<name_list> list_;
  std::optional<sorted_listing> listing_;  ///< files of a source that has an order
  loop_share share_;
  std::uint64_t files_ = 0;
  bool cancelled_ = false;
};

}  // namespace sluice::io
