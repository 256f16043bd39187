#include "core/http/json_rule.hpp"

#include "core/http/token.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace sluice::core {

using nlohmann::json;

struct json_rule::impl {
  json::json_pointer where;
  json value;
  std::optional<field_template> wanted{};  ///< instead of `value`
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

/// `{size}` and its like: no JSON value looks so.
bool is_braced_word(std::string_view text) {
  const auto is_part = [](char c) { return is_token_char(c) || c == ':' || c == '@'; };
  return text.size() > 2 && text.starts_with('{') && text.ends_with('}') &&
         std::ranges::all_of(text.substr(1, text.size() - 2), is_part);
}

std::optional<std::string> number_text(const json& value) {
  return value.is_number() ? std::optional{value.dump()} : std::nullopt;
}

}  // namespace

parsed<json_rule> json_rule::parse(std::string_view text, std::span<const std::string> groups) {
  for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    auto where = pointer_from(text.substr(0, at));
    if (!where) continue;
    const auto written = text.substr(at + 1);
    auto value = value_from(written);
    std::optional<field_template> wanted;
    if (value && value->is_string()) {
      auto read = field_template::parse(value->get_ref<const std::string&>(), groups);
      if (!read) return read.error();
      if (read->is_fixed())
        value = read->render({});
      else
        wanted = std::move(*read);
    } else if (!value && is_braced_word(written)) {
      auto read = field_template::parse(written, groups);
      if (!read) return read.error();
      wanted = std::move(*read);
    } else if (!value) {
      continue;
    }
    json_rule rule;
    rule.impl_ = std::make_shared<const impl>(
        impl{std::move(*where), value ? std::move(*value) : json{}, std::move(wanted)});
    rule.text_ = text;
    return rule;
  }
  return problem{"'" + printable(text) +
                 "' is not a JSON pointer, '=' and a JSON value: write '/code=0' or '/status=\"ok\"'"};
}

digest_set json_rule::digests() const noexcept {
  return impl_->wanted ? impl_->wanted->digests() : digest_set{};
}

const std::string* json_rule::missing_member(const template_values& values) const noexcept {
  return impl_->wanted ? impl_->wanted->missing_member(values) : nullptr;
}

bool json_rule::is_proof() const noexcept { return impl_->wanted && impl_->wanted->is_of_content(); }

finding json_rule::ask(std::string_view body, const template_values& values) const noexcept try {
  using enum finding::answer;
  if (has_nul(body)) return {inapplicable};
  const auto reply = json::parse(body, nullptr, false);
  if (reply.is_discarded()) return {inapplicable};
  const auto& wanted = impl_->wanted;
  const bool is_there = reply.contains(impl_->where);
  if (!wanted) return {is_there && reply.at(impl_->where) == impl_->value ? holds : differs};
  if (!is_there || reply.at(impl_->where).is_null()) return {is_proof() ? silent : differs};
  const auto& value = reply.at(impl_->where);
  const auto theirs = value.is_string() ? value.get<std::string>() : number_text(value);
  if (theirs && wanted->is_rendered_as(*theirs, values)) return {holds};
  if (!is_proof()) return {differs};
  return {disproves, wanted->render(values), theirs.value_or(std::string{value.type_name()})};
} catch (...) {
  return {finding::answer::inapplicable};  // there is no memory
}

std::optional<std::size_t> end_of_json(std::string_view body) {
  const auto valid = body.substr(0, body.find('\0'));
  try {
    const auto parsed = json::parse(valid);
  } catch (const json::parse_error& e) {
    return std::min(e.byte == 0 ? 0 : e.byte - 1, valid.size());
  }
  return valid.size() < body.size() ? std::optional{valid.size()} : std::nullopt;
}

}  // namespace sluice::core
