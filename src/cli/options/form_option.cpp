#include "form_option.hpp"

#include "credential.hpp"

#include <sluice/text.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace sluice::cli {
namespace {

using std::string_view;

constexpr string_view file_mark = "@{}";

/// `@{}[;type=T][;filename=F]`; empty when it is well formed.
std::string read_file_part(string_view name, string_view text, file_part& part) {
  part.name = name;
  text.remove_prefix(file_mark.size());
  while (!text.empty()) {
    text.remove_prefix(1);  // the semicolon
    // A type may itself hold parameters: it ends where the file name begins.
    const auto end = std::min(text.find(";filename="), text.find(";type="));
    const auto one = text.substr(0, end);
    if (one.starts_with("type=") && one.size() > 5)
      part.type = one.substr(5);
    else if (one.starts_with("filename=") && one.size() > 9)
      part.filename = one.substr(9);
    else
      return "'" + printable(one) + "' is neither type=T nor filename=F";
    text.remove_prefix(one.size());
  }
  return {};
}

/// The list of processes shows this text, so that no value is a secret by its origin; in a file or the
/// environment each is.
bool is_typed(const std::string& where) {
  return where.starts_with("--") && where.find(':') == std::string::npos;
}

void add_header(string_view line, const std::string& where, bool secret, std::vector<header>& into,
                std::vector<std::string>& problems) {
  const auto colon = line.find(':');
  // The line may hold a secret: only the name before a colon is ever shown.
  if (colon == string_view::npos)
    problems.push_back(where +
                       ": a header without a colon; write 'Name: value', or @FILE where a file holds it");
  else if (colon == 0)
    problems.push_back(where + ": a header without a name; write 'Name: value' or @FILE");
  else
    into.push_back(
        {std::string{trimmed(line.substr(0, colon))}, std::string{trimmed(line.substr(colon + 1))}, secret});
}

}  // namespace

std::string_view trimmed(string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

void read_form(const raw_options& options, config& cfg, std::vector<std::string>& problems) {
  bool has_file = false;
  for (const auto& text : options.list("form")) {
    const auto where = options.where("form");
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems.push_back(where + ": '" + printable(text) + "' has no name; write NAME=VALUE");
      continue;
    }
    const auto name = text.substr(0, equals);
    const auto value = string_view{text}.substr(equals + 1);
    const bool is_file = value == file_mark || value.starts_with("@{};");
    if (is_file && std::exchange(has_file, true)) {
      problems.push_back(where + ": '" + printable(name) +
                         "': a second file part; each request carries one file");
    } else if (is_file) {
      if (auto what = read_file_part(name, value, cfg.file); !what.empty())
        problems.push_back(where + ": '" + printable(name) + "': " + what);
    } else if (value.starts_with('@')) {
      problems.push_back(where + ": '" + printable(name) +
                         "': only @{}, the file being sent, can be attached; write " + printable(name) +
                         "=@{}");
    } else {
      cfg.form.push_back({name, std::string{value}});
    }
  }
}

void read_header_lines(std::istream& in, const std::string& where, std::vector<header>& into,
                       std::vector<std::string>& problems) {
  unsigned number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    add_header(content, where + ", line " + std::to_string(number), true, into, problems);
  }
}

std::vector<header> read_headers(const std::vector<std::string>& texts, const std::string& where,
                                 std::vector<std::string>& problems) {
  std::vector<header> headers;
  for (const auto& text : texts) {
    const auto file = header_file(text);
    if (!file) {
      add_header(text, where, !is_typed(where), headers, problems);
      continue;
    }
    std::ifstream in{*file, std::ios::binary};
    in.peek();  // a directory opens, and fails here
    if (!in.is_open() || in.bad())
      problems.push_back(where + ": cannot read '" + printable(*file) + "': " + std::strerror(errno));
    else
      read_header_lines(in, where + ": '" + printable(*file) + "'", headers, problems);
  }
  return headers;
}

}  // namespace sluice::cli
