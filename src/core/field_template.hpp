// `{name}`, `{now_ms}` …: parsed once, rendered per file.
#pragma once

#include "core/parsed.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// What a template may speak of. Views must outlive render().
struct template_values {
  std::string_view path;  ///< relative to the source's root, raw bytes
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  wall_time now;         ///< of the file's first attempt, so that its retries repeat it
  std::string_view key;  ///< idempotency key
  std::uint64_t seq = 0;
  std::string_view host;  ///< this machine's name
};

/// Names: `{name}` last component of path, `{stem}` and `{ext}` of it (ext without dot, stem of `.a` is
/// `.a`),
/// `{path}`, `{size}`, `{mtime}` and `{now}` Unix seconds, `{now_ms}` Unix milliseconds, `{random}` a decimal
/// number below 2^53 and `{uuid}`, both drawn from the key, `{key}`, `{seq}`, `{host}`. `{{` is `{` and `}}`
/// is `}`; a lone `}` is itself.
class field_template {
 public:
  /// The problem names the unknown name and lists the known ones, or says that a `{` is not closed.
  static parsed<field_template> parse(std::string_view text);

  std::string render(const template_values& values) const;

 private:
  enum class slot { literal, name, stem, ext, path, size, mtime, now, now_ms, random, uuid, key, seq, host };
  struct piece {
    slot what;
    std::string text;  ///< of a literal
  };
  std::vector<piece> pieces_;
};

}  // namespace sluice::core
