#include "control_request.hpp"

#include "cli/options/quantities.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::cli {
namespace {

using nlohmann::json;

struct form {
  std::string_view name;
  const char* value;  ///< name of the value that the command takes; null: none
};
/// The forms have the order of control_request::command.
constexpr form forms[] = {
    {"status", nullptr},
    {"pause", nullptr},
    {"resume", nullptr},
    {"window", "N or auto"},
    {"rate", "N[/s|/m|/h] or off"},
    {"limit-rate", "BYTES or off"},
    {"rescan", nullptr},
    {"drain", nullptr},
};

std::string all_names() {
  std::string all;
  for (const auto& f : forms) all += (all.empty() ? "" : ", ") + std::string{f.name};
  return all;
}

bool read_value(const std::string& text, control_request& r) {
  using enum control_request::command;
  const bool off = text == "off";
  if (r.what == window) {
    if (text == "auto") return true;
    const auto n = parse_count(text);
    if (!n || *n == 0 || !std::in_range<std::size_t>(*n)) return false;
    r.window = sluice::window::fixed(static_cast<std::size_t>(*n));
  } else if (r.what == rate) {
    const auto n = off ? 0 : parse_rate(text);
    if (!n || (!off && *n <= 0)) return false;
    r.requests_per_second = *n;
  } else {
    const auto n = off ? 0 : parse_size(text);
    if (!n || (!off && *n == 0)) return false;
    r.bytes_per_second = *n;
  }
  return true;
}

}  // namespace

std::optional<control_request> parse_request(const std::vector<std::string>& words, std::string& problem) {
  if (words.empty()) {
    problem = "no command: write one of " + all_names();
    return std::nullopt;
  }
  const auto* it = std::ranges::find(forms, words[0], &form::name);
  if (it == std::end(forms)) {
    problem = "'" + printable(words[0]) + "' is no command: write one of " + all_names();
    return std::nullopt;
  }
  control_request r{.what = static_cast<control_request::command>(it - std::begin(forms))};
  const std::size_t wanted = it->value == nullptr ? 1 : 2;
  if (words.size() == wanted && (wanted == 1 || read_value(words[1], r))) return r;
  const auto name = std::string{it->name};
  problem = it->value == nullptr ? name + " takes no value"
            : words.size() != 2  ? name + " takes one value: " + it->value
                                 : name + ": '" + printable(words[1]) + "' is not " + it->value;
  return std::nullopt;
}

std::optional<control_request> parse_request_line(std::string_view line, std::string& problem) {
  const auto object = json::parse(line, nullptr, false);
  std::vector<std::string> words;
  for (const auto* key : {"command", "value"}) {
    if (!object.is_object() || !object.contains(key)) continue;
    if (!object[key].is_string()) {
      problem = std::string{key} + " must be a string";
      return std::nullopt;
    }
    words.push_back(object[key].get<std::string>());
  }
  if (!words.empty() && object.contains("command")) return parse_request(words, problem);
  problem = "not a request: write {\"command\": …, \"value\": …} in one line";
  return std::nullopt;
}

std::string request_line(const std::vector<std::string>& words) {
  json object{{"command", words.at(0)}};
  if (words.size() > 1) object["value"] = words[1];
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string reply_line(const std::string& error) {
  json object{{"ok", error.empty()}};
  if (!error.empty()) object["error"] = error;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sluice::cli
