#include "core/field_template.hpp"

#include "core/idempotency_key.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::core {
namespace {

// In the order of field_template::slot, after `literal`.
constexpr std::string_view names[] = {"name",   "stem",   "ext",  "path", "size", "mtime", "now",
                                      "now_ms", "random", "uuid", "key",  "seq",  "host"};

problem unknown_name(std::string_view name) {
  std::string what = "unknown template {" + printable(name) + "}: known are";
  for (const auto known : names) what.append(" {").append(known).append("}");
  return {what + "; write {{ for a brace"};
}

std::string_view last_component(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

/// Where the extension's dot is; the name's length when there is none. A leading dot begins no extension.
std::size_t extension_at(std::string_view name) noexcept {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

std::string_view stem_of(std::string_view name) noexcept { return name.substr(0, extension_at(name)); }
std::string_view extension_of(std::string_view name) noexcept {
  return name.substr(std::min(name.size(), extension_at(name) + 1));
}

template <class Unit>
std::string unix_time(std::chrono::nanoseconds since_epoch) {
  return std::to_string(std::chrono::floor<Unit>(since_epoch).count());
}

}  // namespace

parsed<field_template> field_template::parse(std::string_view text) {
  field_template result;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) result.pieces_.push_back({slot::literal, std::exchange(literal, {})});
  };
  while (!text.empty()) {
    const char c = text.front();
    if ((c == '{' || c == '}') && text.substr(1).starts_with(c)) {
      literal += c;
      text.remove_prefix(2);
    } else if (c == '{') {
      const auto close = text.find('}');
      if (close == std::string_view::npos)
        return problem{"{ is not closed in " + printable(text) + ": write {{ for a brace"};
      const auto name = text.substr(1, close - 1);
      const auto known = std::find(std::begin(names), std::end(names), name);
      if (known == std::end(names)) return unknown_name(name);
      end_literal();
      result.pieces_.push_back({static_cast<slot>(known - std::begin(names) + 1), {}});
      text.remove_prefix(close + 1);
    } else {
      literal += c;
      text.remove_prefix(1);
    }
  }
  end_literal();
  return result;
}

std::string field_template::render(const template_values& values) const {
  using namespace std::chrono;
  const auto name = last_component(values.path);
  const nanoseconds now = values.now.time_since_epoch();
  std::string out;
  for (const piece& p : pieces_) switch (p.what) {
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
      case slot::size:
        out += std::to_string(values.size);
        break;
      case slot::mtime:
        out += unix_time<seconds>(nanoseconds{values.mtime_ns});
        break;
      case slot::now:
        out += unix_time<seconds>(now);
        break;
      case slot::now_ms:
        out += unix_time<milliseconds>(now);
        break;
      case slot::random:
        out += std::to_string(number_from_key(values.key));
        break;
      case slot::uuid:
        out += uuid_from_key(values.key);
        break;
      case slot::key:
        out += values.key;
        break;
      case slot::seq:
        out += std::to_string(values.seq);
        break;
      case slot::host:
        out += values.host;
        break;
    }
  return out;
}

}  // namespace sluice::core
