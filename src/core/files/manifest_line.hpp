// A line of a manifest, or a side-car: what somebody says of one file, as JSON.
#pragma once

#include "core/parsed.hpp"

#include <sluice/config.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::core {

/// The parts of a request that are given for one file, as text.
struct file_words {
  std::vector<form_field> form{};  ///< the order is that of the text
  std::vector<header> headers{};   ///< the same
  std::optional<std::string> filename{};
  std::string url{};  ///< empty: the configuration's
  /// Any other member that is a text, a number, or true or false: as `{@NAME}` has it.
  std::map<std::string, std::string, std::less<>> members{};
};

/// The path is that of `path`, or the bytes of `path_b64` (RFC 4648 §4), which wins as it does in a job log.
struct manifest_line {
  std::string path;
  file_words words;
  std::string problem;  ///< why no request can be made; with an empty path the line names no file
};

/// The longest text of either, in bytes.
constexpr std::size_t most_words = 64 * 1024;

manifest_line parse_manifest_line(std::string_view line);
/// The same without a path. The problem says what is wrong with it.
parsed<file_words> parse_sidecar(std::string_view text);

}  // namespace sluice::core
