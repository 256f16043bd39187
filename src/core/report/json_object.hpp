// JSON objects for reports, written member by member.
#pragma once

#include <sluice/text.hpp>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// `value` on one line, safe to show: bytes that are not UTF-8 become U+FFFD, and controls are escaped.
std::string json_text(const nlohmann::ordered_json& value);

/// A name and its value as text; without a text it is left out.
struct json_member {
  template <class T>
  json_member(std::string_view n, const T& value) : name{n}, text{json_text(nlohmann::ordered_json(value))} {}
  /// Makes a member of an object or array that is written already.
  static json_member nested(const char* n, std::string written) { return {n, std::move(written), 0}; }
  /// Only of bytes that are more than text can carry.
  static json_member base64(const char* n, const std::string& bytes);
  static json_member digest(const char* n, const std::optional<std::uint64_t>& value);

  std::string_view name;
  std::string text;

 private:
  json_member(const char* n, std::string t, int) : name{n}, text{std::move(t)} {}
};

/// Member by member: a document would be destroyed with allocations of its own. Without `indent` on one line.
std::string object_of(const std::vector<json_member>& members, const std::string& indent = {});

}  // namespace sluice::core
