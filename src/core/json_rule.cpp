#include "core/json_rule.hpp"

#include <sluice/text.hpp>

#include <nlohmann/json.hpp>
#include <optional>

namespace sluice::core {

using nlohmann::json;

struct json_rule::impl {
  json::json_pointer where;
  json value;
};

namespace {

// Parsing and destroying are iterative in nlohmann_json, so a reply may nest as deep as 64 KiB allow;
// comparing is recursive, and goes no deeper than the rule's value.
constexpr int max_depth = 64;

std::optional<json::json_pointer> pointer_from(std::string_view text) {
  try {
    return json::json_pointer{std::string{text}};
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

// nlohmann_json takes a NUL for the end of its input; JSON knows no NUL at all.
bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::optional<json> value_from(std::string_view text) {
  if (has_nul(text)) return std::nullopt;
  bool too_deep = false;
  const auto watch_depth = [&](int depth, json::parse_event_t event, json&) {
    const bool opens =
        event == json::parse_event_t::array_start || event == json::parse_event_t::object_start;
    too_deep |= opens && depth >= max_depth;
    return true;
  };
  json value = json::parse(text, watch_depth, false);
  if (value.is_discarded() || too_deep) return std::nullopt;
  return value;
}

}  // namespace

parsed<json_rule> json_rule::parse(std::string_view text) {
  for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    auto where = pointer_from(text.substr(0, at));
    if (!where) continue;
    auto value = value_from(text.substr(at + 1));
    if (!value) continue;
    json_rule rule;
    rule.impl_ = std::make_shared<const impl>(impl{std::move(*where), std::move(*value)});
    rule.text_ = text;
    return rule;
  }
  return problem{"'" + printable(text) +
                 "' is not a JSON pointer, '=' and a JSON value: write '/code=0' or '/status=\"ok\"'"};
}

bool json_rule::holds(std::string_view body) const noexcept try {
  return !has_nul(body) && json::parse(body).at(impl_->where) == impl_->value;
} catch (...) {
  return false;  // it is not JSON, has nothing at the pointer, or there is no memory
}

}  // namespace sluice::core
