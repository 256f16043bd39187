// The files of a source that has an order: they come out once its listing is whole.
#pragma once

#include "core/files/ordered_files.hpp"
#include "io/sources/entry.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::io {

/// core::ordered_files of entries.
class sorted_listing {
 public:
  explicit sorted_listing(const order& o, std::size_t most_bytes = core::ordered_files::unbounded)
      : files_{o, most_bytes} {}

  /// Holds a file, with nothing but its root, path and identity.
  void add_file(entry e);
  /// No file is added after this. True when the first can come out; else another call is needed.
  bool sort_some() {
    whole_ = true;
    return files_.sort_some();
  }
  bool is_whole() const noexcept { return whole_; }
  bool is_sorted() const noexcept { return files_.is_sorted(); }
  /// The next in the order, once they are sorted; nothing at the end.
  std::optional<entry> next_entry();

  bool has_rest() const noexcept { return files_.has_rest(); }
  /// Begins another listing, of what had no room in this one.
  void begin_rest() {
    whole_ = false;
    files_.begin_rest();
  }
  bool is_rest() const noexcept { return files_.is_rest(); }
  /// Begins a listing of all files.
  void begin_anew() {
    whole_ = false;
    files_.begin_anew();
  }

 private:
  std::vector<std::shared_ptr<const directory>> roots_;
  core::ordered_files files_;
  bool whole_ = false;
};

}  // namespace sluice::io
