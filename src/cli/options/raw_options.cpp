#include "raw_options.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sluice::cli {
namespace {

using kind = option_row::kind;
using nlohmann::json;

std::string environment_name(std::string_view option) {
  std::string name{"SLUICE_"};
  for (const char c : option)
    name.push_back(c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  return name;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

/// Options and the two positionals that have a name in files and in the environment.
bool takes_list(std::string_view name, verb v) {
  const auto* row = find_option(name, v);
  return name == "source" || (row != nullptr && row->what == kind::list);
}
bool is_known(std::string_view name) { return name == "url" || name == "source" || is_option(name); }
bool concerns(std::string_view name, verb v) {
  return name == "url" || name == "source" || find_option(name, v) != nullptr;
}
bool is_flag(std::string_view name, verb v) {
  const auto* row = find_option(name, v);
  return row != nullptr && row->what == kind::flag;
}

std::optional<std::string> scalar_text(const json& v) {
  if (v.is_string()) return v.get<std::string>();
  if (v.is_boolean()) return v.get<bool>() ? "true" : "false";
  if (v.is_number()) return v.dump();
  return std::nullopt;
}

/// Headers and fields carry bytes, and say themselves which; a path would end at a NUL, and be another one.
bool is_cut_by_nul(std::string_view name, const std::string& value) {
  return name != "header" && name != "form" && value.find('\0') != std::string::npos;
}

/// The values of one key; empty with a problem when they are of the wrong kind.
std::vector<std::string> values_of(const std::string& name, verb whose, const json& v,
                                   const std::string& where, std::vector<std::string>& problems) {
  const bool flag = is_flag(name, whose), list = takes_list(name, whose);
  std::vector<std::string> values;
  if (v.is_array() && list) {
    for (const auto& element : v)
      if (auto text = scalar_text(element))
        values.push_back(*text);
      else
        problems.push_back(where + ": every element must be a string");
  } else if (auto text = scalar_text(v); text && (flag == v.is_boolean())) {
    values.push_back(*text);
  } else {
    problems.push_back(where + ": expected " +
                       (flag   ? "true or false"
                        : list ? "a string or a list of strings"
                               : "one value"));
  }
  if (std::ranges::any_of(values, [&](const auto& value) { return is_cut_by_nul(name, value); }))
    problems.push_back(where + ": has a NUL character (\\u0000), which no path, number or word can");
  return values;
}

}  // namespace

std::optional<std::string> raw_options::value(std::string_view name) const {
  const auto it = options_.find(name);
  if (it == options_.end() || it->second.values.empty()) return std::nullopt;
  return it->second.values.back();
}

const std::vector<std::string>& raw_options::list(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto it = options_.find(name);
  return it == options_.end() ? none : it->second.values;
}

std::vector<std::string>& raw_options::values(std::string_view name) {
  static std::vector<std::string> none;
  const auto it = options_.find(name);
  return it == options_.end() ? none : it->second.values;
}

std::string raw_options::where(std::string_view name) const {
  const auto it = options_.find(name);
  return it == options_.end() ? "--" + std::string{name} : it->second.from;
}

void raw_options::add(std::string_view name, given g) {
  options_.try_emplace(std::string{name}, std::move(g));
}

std::optional<bool> raw_options::truth(std::string_view word) {
  if (word == "1" || word == "true" || word == "yes" || word == "on") return true;
  if (word.empty() || word == "0" || word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

void add_environment(raw_options& options, const char* const* environment,
                     std::vector<std::string>& problems) {
  std::vector<std::string_view> names{"url"};
  for (const auto& row : options_of(options.verb)) names.push_back(row.name);
  for (const auto name : names) {
    const auto key = environment_name(name);
    for (const auto* const* e = environment; *e != nullptr; ++e) {
      const std::string_view entry{*e};
      if (!entry.starts_with(key) || entry.size() == key.size() || entry[key.size()] != '=') continue;
      std::string text{entry.substr(key.size() + 1)};
      if (is_flag(name, options.verb)) {
        const auto on = raw_options::truth(text);
        if (!on) problems.push_back(key + ": '" + printable(text) + "' is neither true nor false");
        text = on.value_or(false) ? "true" : "false";
      }
      options.add(name, {takes_list(name, options.verb) ? lines_of(text) : std::vector{text}, key});
    }
  }
}

bool add_file(raw_options& options, const std::string& path, std::vector<std::string>& problems) {
  std::ifstream in{path, std::ios::binary};
  in.peek();  // a directory opens, and fails here
  if (!in.is_open() || in.bad()) {
    problems.push_back("--config: cannot read '" + printable(path) + "': " + std::strerror(errno));
    return false;
  }
  std::ostringstream text;
  text << in.rdbuf();
  return add_text(options, text.str(), path, problems);
}

bool add_text(raw_options& options, const std::string& text, const std::string& path,
              std::vector<std::string>& problems) {
  const auto where = "--config: '" + printable(path) + "'";
  const auto line = [&](std::size_t at) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
    return where + ", line " + std::to_string(1 + std::count(text.begin(), end, '\n'));
  };
  // nlohmann_json would take it for the end, and pass over all behind it.
  if (const auto at = text.find('\0'); at != std::string::npos) {
    problems.push_back(line(at) + ": not JSON (a NUL byte)");
    return false;
  }
  json object;
  try {
    object = json::parse(text, nullptr, true, true);
  } catch (const json::parse_error& e) {
    problems.push_back(line(e.byte) + ": not JSON (a comma too many or missing, a name without quotes?)");
    return false;
  } catch (const json::out_of_range&) {
    problems.push_back(where + ": a number in it is too large for anything; write a smaller one");
    return false;
  }
  if (!object.is_object()) {
    problems.push_back(where + ": must be a JSON object, keys as the long options");
    return false;
  }
  for (const auto& [name, v] : object.items()) {
    const auto key = where + ": " + printable(name);
    if (!is_known(name) || name == "config") {
      const auto meant = similar_option("--" + name, options.verb);
      problems.push_back(key + ": no such option; " +
                         (meant.empty()
                              ? "`sluice " + std::string{to_string(options.verb)} + " --help` lists them"
                              : "did you mean " + meant.substr(2) + "?"));
    }
    if (is_known(name) && name != "config" && concerns(name, options.verb))
      options.add(name, {values_of(name, options.verb, v, key, problems), printable(path) + ": " + name});
  }
  return true;
}

}  // namespace sluice::cli
