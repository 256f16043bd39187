#include "core/http/target_template.hpp"

#include "core/http/token.hpp"

#include <utility>

namespace sluice::core {
namespace {

using std::string_view;

constexpr bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || string_view{"-._~"}.find(c) != string_view::npos;
}

/// Writes a target and looks at the segments that a value is part of.
class target_writer {
 public:
  explicit target_writer(std::string& out) : out_{out} {}

  void add(string_view text, field_template::origin from) {
    if (from == field_template::origin::literal)
      add_literal(text);
    else
      add_value(text, from == field_template::origin::path);
  }
  void end() {
    if (!in_query_) end_segment();
  }
  /// The first bad segment as people see it; null: there is none.
  const char* problem() const noexcept { return problem_; }

 private:
  void add_literal(string_view text) {
    out_ += text;
    for (const char c : text) {
      if (in_query_) return;
      if (c == '/' || c == '?')
        end_segment();
      else
        segment_ += c;
      in_query_ = c == '?';
    }
  }
  void add_value(string_view text, bool has_segments) {
    touched_ = true;
    for (const char c : text) {
      if (c == '/' && has_segments && !in_query_) {
        end_segment();
        touched_ = true;
        out_ += '/';
        continue;
      }
      segment_ += c;
      if (is_unreserved(c))
        out_ += c;
      else
        add_escape(c);
    }
  }
  void add_escape(char c) {
    constexpr string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out_ += '%';
    out_ += digits[byte >> 4U];
    out_ += digits[byte & 15U];
  }
  void end_segment() {
    if (touched_ && problem_ == nullptr) {
      if (segment_.empty()) problem_ = "an empty segment";
      if (segment_ == "." || segment_ == "%2e" || segment_ == "%2E") problem_ = "the segment '.'";
      if (is_dot_dot()) problem_ = "the segment '..'";
    }
    segment_.clear();
    touched_ = false;
  }
  /// A literal dot may be written %2e; a value's percent sign is encoded, and stands for itself.
  bool is_dot_dot() const {
    std::string plain = segment_;
    for (const auto* escape : {"%2e", "%2E"})
      for (auto at = plain.find(escape); at != std::string::npos; at = plain.find(escape))
        plain.replace(at, 3, ".");
    return plain == "..";
  }

  std::string& out_;
  std::string segment_;  ///< the segment under way, without its escapes
  bool touched_ = false, in_query_ = false;
  const char* problem_ = nullptr;
};

}  // namespace

parsed<target_template> target_template::parse(string_view target, std::span<const std::string> groups) {
  auto text = field_template::parse(target, groups);
  if (!text) return text.error();
  target_template result;
  if (text->is_fixed()) result.fixed_ = text->render({});
  result.text_ = std::move(*text);
  return result;
}

parsed<std::string> target_template::render(const template_values& values) const {
  if (!fixed_.empty()) return {boost::system::in_place_value, fixed_};
  std::string out;
  target_writer writer{out};
  text_.render_pieces(values, [&](string_view text, field_template::origin from) { writer.add(text, from); });
  writer.end();
  if (writer.problem() != nullptr)
    return problem{std::string{"its URL would have "} + writer.problem()};  // a query may hold a secret
  return {boost::system::in_place_value, std::move(out)};
}

}  // namespace sluice::core
