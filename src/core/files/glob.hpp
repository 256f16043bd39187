// A glob, compiled.
#pragma once

#include "core/parsed.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::core {

/// `*` and `?` match within a path component, `**` across; `[a-z]`, `[^a-z]` one character; `{a,b}` either,
/// nested if need be; `\` takes the next character's meaning away. `**/` at the start of a component matches
/// no directory too, and a `/` at the end means everything below. With a `/` it is matched from the root,
/// else against the last component. Characters are those of UTF-8; a byte that is not UTF-8 is a character of
/// its own.
///
/// Compiled to a small automaton whose states are all followed at once: matching takes time linear in pattern
/// × path and allocates nothing.
class glob {
 public:
  /// The problem says what is not closed, or too long (over 1024 states, about as many characters).
  static parsed<glob> parse(std::string_view pattern);

  /// `path` is relative to the root, without a leading `/`.
  bool matches(std::string_view path) const noexcept;
  /// True when it matches everything below this directory.
  bool covers(std::string_view directory) const noexcept;
  /// False when it matches nothing below this directory.
  bool reaches(std::string_view directory) const noexcept;
  /// True when it has a `/` and one of its components begins with a dot that is written out.
  bool names_hidden() const noexcept { return anchored_ && dotted_; }

 private:
  friend class glob_parser;
  struct state_set;

  enum class kind : std::uint8_t { character, any, one_of, star, globstar, fork, match };
  struct state {
    kind what;
    char32_t character = 0;   ///< the character of `character`; an index into sets_ of `one_of`
    std::uint16_t next = 0;   ///< the next state; the first way of `fork`
    std::uint16_t other = 0;  ///< the second way of `fork`
  };
  struct range {
    char32_t first, last;
  };
  struct character_set {
    bool negated = false;
    std::vector<range> ranges;
    bool contains(char32_t c) const noexcept;
  };

  bool takes(const state& s, char32_t c) const noexcept;
  void follow(state_set& states) const noexcept;
  void run(state_set& states, std::string_view text) const noexcept;
  void enter(state_set& states, std::string_view directory) const noexcept;

  std::vector<state> states_;
  std::vector<character_set> sets_;
  bool anchored_ = false;
  bool dotted_ = false;
};

}  // namespace sluice::core
