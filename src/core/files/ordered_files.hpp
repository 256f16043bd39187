// The files of a listing in the order that was asked for, in few bytes and in short steps.
#pragma once

#include "core/files/packed_file.hpp"

#include <sluice/source.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sluice::core {

/// "How much comes first" of two files in the asked-for order. Names break ties, and then the roots' numbers,
/// so that the order is total.
bool comes_before(const listed_file& a, const listed_file& b, const order& o);

/// Files are sorted and packed 2,048 at a time, and these runs are merged when they are taken out: no step is
/// longer than the sort of one run. With a bound on its bytes, only the first of the order are held; the rest
/// is for another listing, which begins behind them.
class ordered_files {
 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  explicit ordered_files(order o, std::size_t most_bytes = unbounded) : order_{o}, most_{most_bytes} {}

  /// A file behind a bound is left out.
  void add_file(listed_file f);
  /// The listing is at its end. True when its first file can come out; else another call is needed.
  bool sort_some();
  bool is_sorted() const noexcept { return sorted_; }
  /// The next in the order, once they are sorted; nothing at the end.
  std::optional<listed_file> next_file();

  /// Some files were left out of this listing, because they come behind those that are in it.
  bool has_rest() const noexcept { return left_out_; }
  /// Begins another listing: only what comes behind the last file that came out is in it.
  void begin_rest();
  bool is_rest() const noexcept { return begin_.has_value(); }
  /// Begins a listing of all files.
  void begin_anew();

  std::size_t byte_count() const noexcept { return bytes_; }

 private:
  struct run {
    std::string bytes;
    std::size_t count = 0, at = 0;
    listed_file head, middle;
  };
  bool comes_before(const listed_file& a, const listed_file& b) const {
    return core::comes_before(a, b, order_);
  }
  bool is_behind_end(const listed_file& f) const { return end_ && comes_before(*end_, f); }
  void pack_run();
  void choose_end();
  void cut_next();
  void find_middle(run& r) const;
  void push_next();
  auto later_head() const;

  order order_;
  std::size_t most_, bytes_ = 0;
  std::vector<listed_file> fresh_;  ///< not packed yet
  std::deque<run> runs_;
  std::size_t uncut_ = 0;           ///< so many runs, from the first on, may have files behind the end
  std::vector<std::size_t> heads_;  ///< a heap of runs, the one with the first file on top
  std::optional<listed_file> begin_, end_;  ///< files up to the one, and behind the other, are not held
  bool left_out_ = false, sorted_ = false;
};

}  // namespace sluice::core
