// Templates against a second reading of docs/templates.md: `PATH\ KEY\ HOST\ SIZE MTIME NOW SEQ TEMPLATE`.
#include "core/http/field_template.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <cctype>
#include <cinttypes>
#include <optional>

using namespace sluice;

namespace {

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  return value / unit - (value % unit < 0 ? 1 : 0);
}

/// The value of `{name}`; nothing for an unknown name. `{random}` and `{uuid}` are asked of the product.
std::optional<std::string> expected(const std::string& name, const core::template_values& v) {
  const std::string path{v.path};
  const auto base = path.substr(path.find_last_of('/') + 1);
  const auto dot = base.find_last_of('.');
  const bool has_ext = dot != std::string::npos && dot != 0;
  const auto now = v.now.time_since_epoch().count();
  if (name == "name") return base;
  if (name == "stem") return has_ext ? base.substr(0, dot) : base;
  if (name == "ext") return has_ext ? base.substr(dot + 1) : "";
  if (name == "path") return path;
  if (name == "dir") return path.substr(0, path.size() - base.size() - (path.size() > base.size() ? 1 : 0));
  if (name == "size") return std::to_string(v.size);
  if (name == "mtime") return std::to_string(floor_to(v.mtime_ns, 1'000'000'000));
  if (name == "now") return std::to_string(floor_to(now, 1'000'000'000));
  if (name == "now_ms") return std::to_string(floor_to(now, 1'000'000));
  if (name == "key") return std::string{v.key};
  if (name == "seq") return std::to_string(v.seq);
  if (name == "host") return std::string{v.host};
  for (const auto k : core::all_digests)  // digests are not computed here
    if (name == to_string(k) || name == std::string{to_string(k)} + ":base64") return "";
  const auto is_odd = [](unsigned char c) { return c == '{' || c < 0x20 || c == 0x7f; };
  if (name.size() > 1 && name[0] == '@' && std::none_of(name.begin(), name.end(), is_odd)) return "";
  if (name == "random" || name == "uuid") return core::field_template::parse("{" + name + "}")->render(v);
  return std::nullopt;
}

/// The whole template, or nothing when it has an unknown name or an open brace.
std::optional<std::string> model(const std::string& text, const core::template_values& v) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto two = text.substr(i, 2);
    if (two == "{{" || two == "}}") {
      out += text[i];
      i += 2;
    } else if (text[i] != '{') {
      out += text[i++];
    } else {
      const auto close = text.find('}', i);
      if (close == std::string::npos) return std::nullopt;
      const auto value = expected(text.substr(i + 1, close - i - 1), v);
      if (!value) return std::nullopt;
      out += *value;
      i = close + 1;
    }
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '{' || c == '}' ? 2 : 1, c);
  return out;
}

void check_random(const core::template_values& v) {
  const auto random = *expected("random", v), uuid = *expected("uuid", v);
  fuzz::require(!random.empty() && random.find_first_not_of("0123456789") == std::string::npos &&
                    std::strtoull(random.c_str(), nullptr, 10) < 1ull << 53,
                "{random} is a number below 2^53");
  fuzz::require(uuid.size() == 36 && uuid[14] == '5', "{uuid} is a UUID of version 5");
  for (std::size_t i = 0; i < uuid.size(); ++i)
    fuzz::require(
        i == 8 || i == 13 || i == 18 || i == 23
            ? uuid[i] == '-'
            : std::isdigit(static_cast<unsigned char>(uuid[i])) || (uuid[i] >= 'a' && uuid[i] <= 'f'),
        "{uuid} has lower-case digits and four dashes");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto path = in.text(), key = in.text(), host = in.text();
  core::template_values v;
  v.path = path, v.key = key, v.host = host;
  v.size = in.number();
  v.mtime_ns = static_cast<std::int64_t>(in.number());
  v.now = core::wall_time{std::chrono::nanoseconds{static_cast<std::int64_t>(in.number())}};
  v.seq = in.number();
  const std::string text{in.rest()};

  const auto parsed = core::field_template::parse(text);
  const auto wanted = model(text, v);
  fuzz::require(parsed.has_value() == wanted.has_value(), "known names and closed braces, or a problem");
  if (parsed.has_value())
    fuzz::require(parsed->render(v) == *wanted, "rendered as docs/templates.md says");
  else
    fuzz::require(!parsed.error().what.empty() && fuzz::is_one_safe_line(parsed.error().what),
                  "a problem is one line without control characters");
  const auto literal = core::field_template::parse(escaped(text));
  fuzz::require(literal.has_value() && literal->render(v) == text, "what is escaped comes back as it was");
  // A header keeps what is no template, and has the same values.
  const auto lenient = core::field_template::parse_lenient(text).render(v);
  fuzz::require(text.find('{') != std::string::npos || lenient == text, "text without braces stays");
  fuzz::require(!wanted || text.find("{{") != std::string::npos || text.find("}}") != std::string::npos ||
                    lenient == *wanted,
                "a template means the same in a header");
  check_random(v);
  return 0;
}
