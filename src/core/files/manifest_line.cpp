#include "core/files/manifest_line.hpp"

#include "core/base64.hpp"

#include <sluice/text.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::core {
namespace {

/// Takes the members of one object as they are parsed: a document in memory would be destroyed with
/// allocations of its own (nlohmann_json 3.11).
class words_reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit words_reader(bool with_path) : with_path_{with_path} {}

  bool null() override { return scalar(std::nullopt); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t n) override { return scalar(std::to_string(n)); }
  bool number_unsigned(number_unsigned_t n) override { return scalar(std::to_string(n)); }
  bool number_float(number_float_t, const string_t& as_written) override { return scalar(as_written); }
  bool string(string_t& text) override { return scalar(std::move(text), true); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    if (depth_ == 1 && is_list(name_)) list_ = name_;
    if (depth_ == 1 && is_text(name_)) complain_of(name_, "is not a text");
    if (depth_ == 2 && !list_.empty()) complain_of(list_, "has a value that is no text");
    return ++depth_ > 0;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && is_list(name_)) complain_of(name_, "is not an object of names and texts");
    if (depth_ == 1 && is_text(name_)) complain_of(name_, "is not a text");
    if (depth_ == 2 && !list_.empty()) complain_of(list_, "has a value that is no text");
    return ++depth_ > 0;
  }
  bool end_object() override {
    if (--depth_ == 1) list_.clear();
    return true;
  }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& name) override {
    if (depth_ == 1)
      name_ = std::move(name);
    else if (depth_ == 2 && !list_.empty())
      inner_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    broken_at = at;
    return false;
  }

  bool is_object = false;
  std::size_t broken_at = 0;
  manifest_line found;

 private:
  static bool is_list(std::string_view name) { return name == "form" || name == "header"; }
  bool is_text(std::string_view name) const {
    return name == "filename" || name == "url" || (with_path_ && (name == "path" || name == "path_b64"));
  }
  void complain_of(const std::string& name, const char* what) {
    if (found.problem.empty()) found.problem = "'" + name + "' " + what;
  }
  bool scalar(std::optional<std::string> value, bool is_string = false) {
    if (depth_ == 1)
      take_member(std::move(value), is_string);
    else if (depth_ == 2 && !list_.empty())
      take_part(std::move(value));
    return true;
  }
  void take_part(std::optional<std::string> value) {
    if (!value) return complain_of(list_, "has a value that is no text");
    if (list_ == "form")
      found.words.form.push_back({inner_, std::move(*value)});
    else
      found.words.headers.push_back({inner_, std::move(*value), true});
  }
  void take_member(std::optional<std::string> value, bool is_string) {
    if (is_list(name_)) return complain_of(name_, "is not an object of names and texts");
    if (!is_text(name_)) {
      if (value) found.words.members.insert_or_assign(name_, std::move(*value));
      return;
    }
    if (!is_string) return complain_of(name_, "is not a text");
    if (name_ == "filename") {
      found.words.filename = std::move(*value);
    } else if (name_ == "url") {
      found.words.url = std::move(*value);
    } else if (name_ == "path_b64") {
      auto bytes = from_base64(*value);
      if (!bytes || bytes->empty()) return complain_of(name_, "is not base64");
      found.path = std::move(*bytes), exact_ = true;
    } else if (!exact_) {
      found.path = std::move(*value);
    }
  }

  bool with_path_, exact_ = false;
  int depth_ = 0;
  std::string name_, inner_;
  std::string list_;  ///< `form` or `header`, while one of them is read
};

/// The object that `text` is; without one the problem says why, and no path is known.
manifest_line read(std::string_view text, bool with_path) {
  manifest_line none;
  if (text.find('\0') != std::string_view::npos) {  // the parser takes it for the end
    none.problem = "has a NUL byte";
    return none;
  }
  words_reader reader{with_path};
  const bool whole = nlohmann::json::sax_parse(text, &reader);
  if (text.size() > most_words) {
    none.problem = "is longer than " + std::to_string(most_words / 1024) + " KiB";
  } else if (!whole) {
    none.problem = "is not JSON, from byte " + std::to_string(reader.broken_at) + " on";
  } else if (!reader.is_object) {
    none.problem = "is not a JSON object";
  } else {
    return std::move(reader.found);
  }
  return none;
}

}  // namespace

manifest_line parse_manifest_line(std::string_view line) {
  auto read_line = read(line, true);
  if (read_line.path.empty() && read_line.problem.empty()) read_line.problem = "has no 'path'";
  if (read_line.path.find('\0') != std::string::npos)
    read_line.path.clear(), read_line.problem = "has a 'path' with a NUL byte, which no file has";
  return read_line;
}

parsed<file_words> parse_sidecar(std::string_view text) {
  auto read_text = read(text, false);
  if (!read_text.problem.empty()) return problem{std::move(read_text.problem)};
  return std::move(read_text.words);
}

}  // namespace sluice::core
