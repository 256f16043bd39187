#include "core/report/reasons.hpp"

#include "core/http/token.hpp"

#include <algorithm>

namespace sluice::core {
namespace {

constexpr std::size_t longest_reason = 300, longest_path = 4096;

/// Not in the middle of a character.
std::string beginning_of(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string{text};
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return std::string{text.substr(0, most)} + "…";
}

/// True for a character of a number, a time, an address or an id.
bool belongs(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.' || c == ':' || c == '+';
}

/// Where it stands by itself, and is no part of a word.
void replace_all(std::string& text, std::string_view what) {
  constexpr std::size_t least = 2;  // a name of one letter may be a word
  if (what.size() < least) return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    const auto end = at + what.size();
    const bool alone =
        (at == 0 || !belongs(text[at - 1]) || !belongs(what.front())) &&
        (end == text.size() || !belongs(text[end]) || text[end] == '.' || !belongs(what.back()));
    if (alone) text.replace(at, what.size(), "#");
  }
}

}  // namespace

std::string normalised(std::string_view reason, std::string_view path) {
  std::string text{reason};
  replace_all(text, path);
  const auto name = path.substr(path.rfind('/') + 1);
  replace_all(text, name);
  if (name.rfind('.') != std::string_view::npos) replace_all(text, name.substr(0, name.rfind('.')));
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    bool numbered = false;
    for (; end < text.size() && belongs(text[end]); ++end) numbered = numbered || is_digit(text[end]);
    if (end == at)
      out += text[at++];
    else
      out += numbered ? std::string{"#"} : text.substr(at, end - at), at = end;
  }
  return out;
}

void reasons::add(const file_record& r) {
  if (!is_failure(r.fate)) return;
  auto key = normalised(beginning_of(r.reason, longest_reason), r.path);
  const auto at = std::ranges::find_if(all_, [&](const kept& k) {
    return k.shown.fate == r.fate && k.status == r.status && k.normalised == key;
  });
  if (at != all_.end()) {
    ++at->shown.count;
    return;
  }
  failure_reason fresh{r.fate, 1, beginning_of(r.reason, longest_reason), r.path.substr(0, longest_path)};
  if (all_.size() < most) {
    all_.push_back({std::move(fresh), r.status, std::move(key)});
    return;
  }
  const auto other = std::ranges::find(rest_, r.fate, &failure_reason::fate);
  if (other != rest_.end()) {
    ++other->count;
    return;
  }
  fresh.reason = "other reasons";
  rest_.push_back(std::move(fresh));
}

std::vector<failure_reason> reasons::list() const {
  std::vector<failure_reason> found;
  found.reserve(all_.size() + rest_.size());
  for (const auto& k : all_) found.push_back(k.shown);
  found.insert(found.end(), rest_.begin(), rest_.end());
  std::ranges::stable_sort(found, std::ranges::greater{}, &failure_reason::count);
  return found;
}

}  // namespace sluice::core
