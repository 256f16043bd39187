// The request of one file: the configuration's templates, and what the file has of its own.
#pragma once

#include "core/files/manifest_line.hpp"
#include "engine/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::engine {

/// The parts of a request that somebody gave for one file, as text.
struct own_words {
  std::vector<form_field> form{};
  std::vector<header> headers{};
  std::optional<std::string> filename{};
  std::string url{}, method{};  ///< empty: the configuration's
  core::member_values members{};
};

/// The same, compiled.
struct own_request {
  std::vector<compiled_field> fields{};          ///< fields after those of the configuration
  std::vector<core::header_template> headers{};  ///< instead of those of the same name
  std::optional<core::field_template> filename{};
  std::optional<core::target_template> target{};
  std::string method{};
  core::member_values members{};
  std::vector<std::string> secret_headers{};  ///< names of headers whose values no trace shows
};

/// Every problem is named as a member of upload_request: fields, headers, filename, url, method. A URL must
/// have the origin of the configuration's.
own_request compile_own(const settings& s, const own_words& words, std::vector<problem>& problems);

/// The same of what a manifest or a side-car says; the problem names the member there.
core::parsed<own_request> compile_words(const settings& s, core::file_words words);

/// The digests that a request must have before its body is sent. `own` may be null.
core::digest_set digests_sent(const settings& s, const own_request* own);

/// One attempt's request for a file of `values.size` bytes. `own` may be null; its members are those of
/// `values`. The problem says why no request can be made of this file.
core::parsed<io::request> render(const settings& s, const own_request* own,
                                 const core::template_values& values, std::string_view boundary);

}  // namespace sluice::engine
