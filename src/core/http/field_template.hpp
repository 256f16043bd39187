// `{name}`, `{now_ms}` …: parsed once, rendered per file.
#pragma once

#include "core/files/digests.hpp"
#include "core/parsed.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// The values of `{@NAME}`, by their names.
using member_values = std::map<std::string, std::string, std::less<>>;

/// The values that a template may use. Views and pointers must outlive render().
struct template_values {
  std::string_view path{};  ///< relative to the source's root, raw bytes
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  wall_time now{};         ///< time of the file's first attempt, so that its retries repeat it
  std::string_view key{};  ///< idempotency key
  std::uint64_t seq = 0;
  std::string_view host{};                       ///< name of this machine
  const core::digests* digests = nullptr;        ///< null: none was computed
  std::span<const std::string_view> groups{};    ///< groups of the pattern, `{1}` first
  const core::member_values* members = nullptr;  ///< null: nobody gave any
};

/// Names: `{name}` last component of path, `{stem}` and `{ext}` of it (ext without dot, stem of `.a` is
/// `.a`), `{path}`, `{dir}` what is before the last `/` of path, `{size}`, `{mtime}` and `{now}` Unix
/// seconds, `{now_ms}` Unix milliseconds, `{random}` a decimal number below 2^53 and `{uuid}`, both drawn
/// from the key, `{key}`, `{seq}`, `{host}`; a digest (`{sha256}`, `{sha256:base64}`); `{1}` or `{NAME}`, a
/// group of the pattern; `{@NAME}`. `{{` is `{` and `}}` is `}`; a lone `}` is itself.
class field_template {
 public:
  /// An empty text.
  field_template() = default;
  /// Text without templates, whatever it has.
  static field_template literal(std::string text);
  /// `groups`: the names of the pattern's groups, `{1}` first; empty for one without a name. The problem
  /// names the unknown name and lists the known ones, or says that a `{` is not closed.
  static parsed<field_template> parse(std::string_view text, std::span<const std::string> groups = {});
  /// Never a problem: braces that are no template stay as they are, so that a value may be JSON. A template
  /// with both braces doubled stands for itself: `{{name}}` is `{name}`.
  static field_template parse_lenient(std::string_view text, std::span<const std::string> groups = {});

  std::string render(const template_values& values) const;
  /// Appends what render() returns.
  void append_to(std::string& out, const template_values& values) const;
  /// Where a piece of the text is from.
  enum class origin {
    literal,
    value,
    path,  ///< a value that may have a `/` which separates: path, dir, a group, a member
  };
  /// Calls `take(std::string_view, origin)` for each piece, in order.
  template <class Take>
  void render_pieces(const template_values& values, Take take) const {
    std::string text;
    for (const piece& p : pieces_) {
      text.clear();
      append(text, p, values);
      take(std::string_view{text}, origin_of(p.what));
    }
  }
  /// Whether `text` is what render() returns; hexadecimal digits of a digest may be capitals.
  bool is_rendered_as(std::string_view text, const template_values& values) const;

  /// No template is in it.
  bool is_fixed() const noexcept;
  /// Exactly one template, and nothing beside it.
  bool is_one_template() const noexcept { return pieces_.size() == 1 && !is_fixed(); }
  /// A digest or the size is in it: it says what the bytes are.
  bool is_of_content() const noexcept;
  /// The digests that render() needs.
  digest_set digests() const noexcept;
  /// The name of a `{@NAME}` that `values` do not have; null: all are there.
  const std::string* missing_member(const template_values& values) const noexcept;

  /// Whether `name`, without braces, is one of those above that need no pattern.
  static bool is_known(std::string_view name) noexcept;

 private:
  enum class slot {
    literal,
    name,
    stem,
    ext,
    path,
    dir,
    size,
    mtime,
    now,
    now_ms,
    random,
    uuid,
    key,
    seq,
    host,
    digest,
    group,
    member
  };
  struct piece {
    slot what = slot::literal;
    std::string text{};   ///< text of a literal, name of a member
    unsigned number = 0;  ///< number of a group, from 0, or of a digest's kind
    bool base64 = false;  ///< else hexadecimal
  };
  static bool read(std::string_view name, std::span<const std::string> groups, piece& out);
  static std::size_t template_at(std::string_view text, std::span<const std::string> groups, piece& out);
  static void append(std::string& out, const piece& p, const template_values& values);
  static origin origin_of(slot s) noexcept;
  void add_literal(std::string_view text);

  std::vector<piece> pieces_;
};

}  // namespace sluice::core
