#include "core/http/field_template.hpp"

#include "core/base64.hpp"
#include "core/http/idempotency_key.hpp"
#include "core/http/token.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace sluice::core {
namespace {

// The names have the order of field_template::slot, after `literal`.
constexpr std::string_view names[] = {"name", "stem",   "ext",    "path", "dir", "size", "mtime",
                                      "now",  "now_ms", "random", "uuid", "key", "seq",  "host"};

constexpr std::string_view as_base64 = ":base64";

problem unknown_name(std::string_view name, std::span<const std::string> groups) {
  const bool is_group = !name.empty() && std::all_of(name.begin(), name.end(), is_digit);
  if (is_group && groups.empty())
    return {"{" + printable(name) + "} is a group of --match, and there is none; write {{ for a brace"};
  std::string what = "unknown template {" + printable(name) + "}: known are";
  for (const auto known : names) what.append(" {").append(known).append("}");
  for (const auto k : all_digests) what.append(" {").append(to_string(k)).append("}");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    what.append(" {").append(std::to_string(i + 1)).append("}");
    if (!groups[i].empty()) what.append(" {").append(groups[i]).append("}");
  }
  return {what + " {@NAME}; write {{ for a brace"};
}

std::string_view last_component(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

std::string_view directory_of(std::string_view path) noexcept {
  const auto slash = path.rfind('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

/// Where the extension's dot is; the name's length when there is none. A leading dot begins no extension.
std::size_t extension_at(std::string_view name) noexcept {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

std::string_view stem_of(std::string_view name) noexcept { return name.substr(0, extension_at(name)); }
std::string_view extension_of(std::string_view name) noexcept {
  return name.substr(std::min(name.size(), extension_at(name) + 1));
}

template <class Number>
void append_number(std::string& out, Number n) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), n).ptr;
  out.append(digits.begin(), end);
}

template <class Unit>
void append_unix_time(std::string& out, std::chrono::nanoseconds since_epoch) {
  append_number(out, std::chrono::floor<Unit>(since_epoch).count());
}

std::optional<digest_kind> digest_named(std::string_view name) noexcept {
  for (const auto k : all_digests)
    if (name == to_string(k)) return k;
  return std::nullopt;
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
}

/// The group that `name` stands for, from 0: a number, or a name of its own.
std::optional<unsigned> group_named(std::string_view name, std::span<const std::string> groups) noexcept {
  if (name.empty()) return std::nullopt;
  unsigned number = 0;
  const auto* const end = std::to_address(name.end());
  if (const auto read = std::from_chars(std::to_address(name.begin()), end, number);
      read.ptr == end && read.ec == std::errc{})
    return number > 0 && number <= groups.size() && name[0] != '0' ? std::optional{number - 1} : std::nullopt;
  const auto found = std::find(groups.begin(), groups.end(), name);
  if (found == groups.end()) return std::nullopt;
  return static_cast<unsigned>(found - groups.begin());
}

/// `}` and line ends would not be seen in a template, and a name without an end is a slip.
bool is_member_name(std::string_view name) noexcept {
  return !name.empty() &&
         std::none_of(name.begin(), name.end(), [](char c) { return c == '{' || is_control(c); });
}

}  // namespace

bool field_template::is_known(std::string_view name) noexcept {
  piece ignored;
  return read(name, {}, ignored);
}

bool field_template::read(std::string_view name, std::span<const std::string> groups, piece& out) {
  if (const auto known = std::find(std::begin(names), std::end(names), name); known != std::end(names)) {
    out = {static_cast<slot>(known - std::begin(names) + 1)};
    return true;
  }
  const bool base64 = name.ends_with(as_base64);
  if (const auto kind = digest_named(base64 ? name.substr(0, name.size() - as_base64.size()) : name)) {
    out = {slot::digest, {}, static_cast<unsigned>(*kind), base64};
    return true;
  }
  if (name.starts_with('@') && is_member_name(name.substr(1))) {
    out = {slot::member, std::string{name.substr(1)}};
    return true;
  }
  if (const auto number = group_named(name, groups)) {
    out = {slot::group, {}, *number};
    return true;
  }
  return false;
}

void field_template::add_literal(std::string_view text) {
  if (text.empty()) return;
  if (pieces_.empty() || pieces_.back().what != slot::literal) pieces_.push_back({slot::literal, {}});
  pieces_.back().text += text;
}

field_template field_template::literal(std::string text) {
  field_template result;
  result.add_literal(text);
  return result;
}

parsed<field_template> field_template::parse(std::string_view text, std::span<const std::string> groups) {
  field_template result;
  while (!text.empty()) {
    const char c = text.front();
    if ((c == '{' || c == '}') && text.substr(1).starts_with(c)) {
      result.add_literal(text.substr(0, 1));
      text.remove_prefix(2);
    } else if (c == '{') {
      const auto close = text.find('}');
      if (close == std::string_view::npos) return problem{"{ is not closed: write {{ for a brace"};
      const auto name = text.substr(1, close - 1);
      piece found;
      if (!read(name, groups, found)) return unknown_name(name, groups);
      result.pieces_.push_back(std::move(found));
      text.remove_prefix(close + 1);
    } else {
      const auto plain = std::max<std::size_t>(std::min(text.find_first_of("{}"), text.size()), 1);
      result.add_literal(text.substr(0, plain));
      text.remove_prefix(plain);
    }
  }
  return result;
}

/// The length of the template that `text` begins with; 0: it begins with none.
std::size_t field_template::template_at(std::string_view text, std::span<const std::string> groups,
                                        piece& out) {
  if (!text.starts_with('{')) return 0;
  const auto close = text.find('}');
  if (close == std::string_view::npos || !read(text.substr(1, close - 1), groups, out)) return 0;
  return close + 1;
}

field_template field_template::parse_lenient(std::string_view text, std::span<const std::string> groups) {
  field_template result;
  while (!text.empty()) {
    piece found;
    if (const auto length = template_at(text, groups, found); length > 0) {
      result.pieces_.push_back(std::move(found));
      text.remove_prefix(length);
    } else if (const auto inner = text.starts_with("{{") ? template_at(text.substr(1), groups, found) : 0;
               inner > 0 && text.substr(1 + inner).starts_with('}')) {
      result.add_literal(text.substr(1, inner));
      text.remove_prefix(inner + 2);
    } else {
      const auto next = std::min(text.find('{', 1), text.size());
      result.add_literal(text.substr(0, next));
      text.remove_prefix(next);
    }
  }
  return result;
}

field_template::origin field_template::origin_of(slot s) noexcept {
  switch (s) {
    case slot::literal:
      return origin::literal;
    case slot::path:
    case slot::dir:
    case slot::group:
    case slot::member:
      return origin::path;
    default:
      return origin::value;
  }
}

void field_template::append(std::string& out, const piece& p, const template_values& values) {
  using namespace std::chrono;
  const auto name = last_component(values.path);
  const nanoseconds now = values.now.time_since_epoch();
  switch (p.what) {
    case slot::literal:
      out += p.text;
      break;
    case slot::name:
      out += name;
      break;
    case slot::stem:
      out += stem_of(name);
      break;
    case slot::ext:
      out += extension_of(name);
      break;
    case slot::path:
      out += values.path;
      break;
    case slot::dir:
      out += directory_of(values.path);
      break;
    case slot::size:
      append_number(out, values.size);
      break;
    case slot::mtime:
      append_unix_time<seconds>(out, nanoseconds{values.mtime_ns});
      break;
    case slot::now:
      append_unix_time<seconds>(out, now);
      break;
    case slot::now_ms:
      append_unix_time<milliseconds>(out, now);
      break;
    case slot::random:
      append_number(out, number_from_key(values.key));
      break;
    case slot::uuid:
      out += uuid_from_key(values.key);
      break;
    case slot::key:
      out += values.key;
      break;
    case slot::seq:
      append_number(out, values.seq);
      break;
    case slot::host:
      out += values.host;
      break;
    case slot::digest:
      if (values.digests != nullptr) {
        const auto& bytes = (*values.digests)[static_cast<digest_kind>(p.number)];
        if (p.base64)
          out += base64(bytes);
        else
          append_hex(out, bytes);
      }
      break;
    case slot::group:
      if (p.number < values.groups.size()) out += values.groups[p.number];
      break;
    case slot::member:
      if (values.members != nullptr)
        if (const auto found = values.members->find(p.text); found != values.members->end())
          out += found->second;
      break;
  }
}

std::string field_template::render(const template_values& values) const {
  std::string out;
  append_to(out, values);
  return out;
}

void field_template::append_to(std::string& out, const template_values& values) const {
  for (const piece& p : pieces_) append(out, p, values);
}

bool field_template::is_rendered_as(std::string_view text, const template_values& values) const {
  std::string wanted;
  for (const piece& p : pieces_) {
    wanted.clear();
    append(wanted, p, values);
    if (p.what == slot::digest && wanted.empty())
      return false;  // a digest that was not computed is like nothing
    const auto found = text.substr(0, wanted.size());
    const bool any_case = p.what == slot::digest && !p.base64;
    if (any_case ? !equal_ignoring_case(found, wanted) : found != wanted) return false;
    text.remove_prefix(wanted.size());
  }
  return text.empty();
}

bool field_template::is_fixed() const noexcept {
  return std::ranges::all_of(pieces_, [](const piece& p) { return p.what == slot::literal; });
}

bool field_template::is_of_content() const noexcept {
  return std::ranges::any_of(pieces_,
                             [](const piece& p) { return p.what == slot::digest || p.what == slot::size; });
}

digest_set field_template::digests() const noexcept {
  digest_set wanted;
  for (const piece& p : pieces_)
    if (p.what == slot::digest) wanted.add(static_cast<digest_kind>(p.number));
  return wanted;
}

const std::string* field_template::missing_member(const template_values& values) const noexcept {
  for (const piece& p : pieces_)
    if (p.what == slot::member && (values.members == nullptr || !values.members->contains(p.text)))
      return &p.text;
  return nullptr;
}

}  // namespace sluice::core
