// Names out of a stream of bytes, each ended by a line end or by NUL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::core {

/// The names are the same however the bytes are cut into pieces.
class name_splitter {
 public:
  /// A name longer than this is an error (PATH_MAX is 4096).
  static constexpr std::size_t max_name = 64 * 1024;

  /// `cuts`: a name that is too long is no error; what follows its first max_name + 1 bytes is left out.
  explicit name_splitter(char end, bool cuts = false) : end_{end}, cuts_{cuts} {}

  void add(std::string_view bytes) { buffer_.append(bytes); }
  /// No more bytes come: the last name may lack its end.
  void finish() noexcept { finished_ = true; }

  /// The next name that is not empty; nothing when more bytes are needed, at the end, or once a name was too
  /// long. Ask until it gives nothing before adding more.
  std::optional<std::string> next();
  /// The number of the last name, from 1; empty ones count.
  std::uint64_t number() const noexcept { return number_; }
  /// True after a name that is too long; no name follows it.
  bool too_long() const noexcept { return too_long_; }

 private:
  void cut_or_give_up();

  char end_;
  bool cuts_;
  std::string buffer_;
  std::string cut_;  ///< the beginning of a name that is too long, until its end comes
  std::uint64_t number_ = 0;
  std::size_t position_ = 0;
  std::size_t searched_ = 0;  ///< no end before this
  bool finished_ = false;
  bool too_long_ = false;
};

}  // namespace sluice::core
