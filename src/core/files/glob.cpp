#include "core/files/glob.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <utility>

namespace sluice::core {
namespace {

constexpr std::size_t max_states = 1024;

}  // namespace

/// States in the order they were reached, each once.
struct glob::state_set {
  std::array<std::uint16_t, max_states> list;
  std::size_t size = 0;
  std::bitset<max_states> has;

  void add(std::size_t state) noexcept {
    if (has[state]) return;
    has.set(state);
    list[size++] = static_cast<std::uint16_t>(state);
  }
  void clear() noexcept { size = 0, has.reset(); }
};

/// Writes the states of a pattern, left to right: each is followed by the next but where `fork` says
/// otherwise.
class glob_parser {
 public:
  glob_parser(glob& out, std::string_view pattern) : out_{out}, rest_{pattern} {}

  /// Returns an empty string, or what is wrong.
  std::string parse() {
    sequence(true, 0);
    if (problem_.empty() && rest_.starts_with('}')) fail("} without {: write \\} for the character itself");
    emit({glob::kind::match});
    return problem_;
  }

 private:
  using kind = glob::kind;

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char32_t take_character() {
    const auto c = first_character(rest_);
    rest_.remove_prefix(c.length);
    return c.value;
  }
  void fail(std::string_view what) {
    if (problem_.empty()) problem_ = what;
    rest_ = {};
  }
  std::size_t here() const { return out_.states_.size(); }
  std::size_t emit(glob::state s) {
    if (here() + 1 >= max_states) fail("the pattern is too long");
    if (problem_.empty()) out_.states_.push_back(s);
    return here() - 1;
  }
  /// A fork to the state after it and to one that aim() sets later.
  std::size_t emit_fork() {
    const auto at = emit({kind::fork});
    if (problem_.empty()) out_.states_[at].next = static_cast<std::uint16_t>(here());
    return at;
  }
  void aim(std::size_t fork) {
    if (problem_.empty()) out_.states_[fork].other = static_cast<std::uint16_t>(here());
  }

  /// Parses up to the pattern's end, or to the `,` or `}` of the enclosing braces. `start`: at the start of a
  /// path component.
  void sequence(bool start, int depth) {
    while (!rest_.empty()) {
      if (rest_.front() == '}' || (depth > 0 && rest_.front() == ',')) return;
      const bool was_start = std::exchange(start, false);
      if (take("**"))
        start = globstar(was_start);
      else if (take("*"))
        emit({kind::star});
      else if (take("?"))
        emit({kind::any});
      else if (take("["))
        set();
      else if (take("{"))
        alternatives(was_start, depth);
      else
        start = character(was_start);
    }
  }

  /// Returns whether a component starts after it.
  bool character(bool start) {
    if (take("\\") && rest_.empty()) return fail("\\ at the end: write \\\\ for the character itself"), false;
    const char32_t c = take_character();
    if (start && c == '.') out_.dotted_ = true;
    emit({kind::character, c});
    return c == '/';
  }

  /// `**/` at a component's start stands for any number of directories, none included.
  bool globstar(bool start) {
    while (take("*")) {
    }
    if (!start || !rest_.starts_with('/')) return emit({kind::globstar}), false;
    take("/");
    const auto none = emit_fork();
    emit({kind::globstar});
    emit({kind::character, U'/'});
    aim(none);
    return true;
  }

  void alternatives(bool start, int depth) {
    std::vector<std::size_t> ends;
    for (;;) {
      const auto otherwise = emit_fork();
      sequence(start, depth + 1);
      if (!take(",")) {
        if (problem_.empty()) out_.states_[otherwise].other = out_.states_[otherwise].next;
        break;
      }
      ends.push_back(emit({kind::fork}));
      aim(otherwise);
    }
    if (!take("}")) return fail("{ is not closed: write \\{ for the character itself");
    for (const auto end : ends) {
      aim(end);
      if (problem_.empty()) out_.states_[end].next = out_.states_[end].other;
    }
  }

  void set() {
    glob::character_set result;
    result.negated = take("^") || take("!");
    // A `]` right at the start is a character of the set.
    for (bool first = true; first || !rest_.starts_with(']'); first = false) {
      const auto from = set_member();
      if (!from) return;
      auto to = from;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        take("-");
        to = set_member();
        if (!to) return;
      }
      if (*to < *from) return fail("a range of [ ] runs backwards");
      result.ranges.push_back({*from, *to});
    }
    take("]");
    out_.sets_.push_back(std::move(result));
    emit({kind::one_of, static_cast<char32_t>(out_.sets_.size() - 1)});
  }
  std::optional<char32_t> set_member() {
    take("\\");
    if (rest_.empty()) return fail("[ is not closed: write \\[ for the character itself"), std::nullopt;
    return take_character();
  }

  glob& out_;
  std::string_view rest_;
  std::string problem_;
};

parsed<glob> glob::parse(std::string_view pattern) {
  glob result;
  result.anchored_ = pattern.find('/') != std::string_view::npos;
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (pattern.empty()) return problem{"an empty pattern matches nothing"};
  const std::string text = std::string{pattern} + (pattern.ends_with('/') ? "**" : "");
  if (auto what = glob_parser{result, text}.parse(); !what.empty()) return problem{std::move(what)};
  return result;
}

bool glob::character_set::contains(char32_t c) const noexcept {
  const auto holds = [c](range r) { return r.first <= c && c <= r.last; };
  return std::any_of(ranges.begin(), ranges.end(), holds) != negated;
}

bool glob::takes(const state& s, char32_t c) const noexcept {
  switch (s.what) {
    case kind::character:
      return c == s.character;
    case kind::any:
    case kind::star:
      return c != '/';
    case kind::one_of:
      return c != '/' && sets_[s.character].contains(c);
    case kind::globstar:
      return true;
    case kind::fork:
    case kind::match:
      break;
  }
  return false;
}

/// Adds what can be reached without a character.
void glob::follow(state_set& states) const noexcept {
  for (std::size_t i = 0; i < states.size; ++i) {
    const std::size_t at = states.list[i];
    const state& s = states_[at];
    if (s.what == kind::fork) states.add(s.next), states.add(s.other);
    if (s.what == kind::star || s.what == kind::globstar) states.add(at + 1);
  }
}

void glob::run(state_set& states, std::string_view text) const noexcept {
  state_set spare;
  state_set *now = &states, *next = &spare;
  follow(*now);
  while (!text.empty() && now->size > 0) {
    const auto c = first_character(text);
    text.remove_prefix(c.length);
    next->clear();
    for (std::size_t i = 0; i < now->size; ++i) {
      const std::size_t at = now->list[i];
      const state& s = states_[at];
      if (takes(s, c.value)) next->add(s.what == kind::star || s.what == kind::globstar ? at : at + 1);
    }
    follow(*next);
    std::swap(now, next);
  }
  if (now != &states) states = *now;
}

bool glob::matches(std::string_view path) const noexcept {
  if (!anchored_) path.remove_prefix(path.rfind('/') + 1);
  state_set states;
  states.add(0);
  run(states, path);
  return states.has[states_.size() - 1];
}

/// The states after the directory's name and a `/`.
void glob::enter(state_set& states, std::string_view directory) const noexcept {
  states.add(0);
  run(states, directory);
  run(states, "/");
}

bool glob::covers(std::string_view directory) const noexcept {
  if (!anchored_) return false;
  state_set states, after;
  enter(states, directory);
  for (std::size_t i = 0; i < states.size; ++i) {
    if (states_[states.list[i]].what != kind::globstar) continue;
    after.clear();
    after.add(states.list[i]);
    follow(after);
    if (after.has[states_.size() - 1]) return true;
  }
  return false;
}

bool glob::reaches(std::string_view directory) const noexcept {
  if (!anchored_) return true;
  state_set states;
  enter(states, directory);
  return states.size > 0;
}

}  // namespace sluice::core
