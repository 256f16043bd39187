// Where the side-car of a file is: `{path}.json`.
#pragma once

#include "core/http/field_template.hpp"
#include "core/parsed.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::core {

class sidecar_name {
 public:
  /// A path below the source's root with `{path} {dir} {name} {stem} {ext}`. The problem says why `text`
  /// cannot name a side-car of each file.
  static parsed<sidecar_name> parse(std::string_view text);

  /// The path of the side-car of the file `path`, relative to the same root.
  std::string name_for(std::string_view path) const;
  /// Whether some file's side-car may have this path: it is not sent by itself.
  bool may_be(std::string_view path) const;
  /// Whether no two files can have the same side-car, as `a.jpg` and `a.png` have with `{dir}/{stem}.json`.
  bool is_of_one_file() const noexcept { return of_one_file_; }

 private:
  sidecar_name(field_template name, std::vector<std::string> texts, bool of_one_file)
      : name_{std::move(name)}, texts_{std::move(texts)}, of_one_file_{of_one_file} {}

  field_template name_;
  std::vector<std::string> texts_;  ///< text around the templates: one piece more than there are of these
  bool of_one_file_;
};

}  // namespace sluice::core
