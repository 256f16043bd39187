// A configuration that can work, compiled: what config says as text, parsed once.
#pragma once

#include "core/field_template.hpp"
#include "core/request_head.hpp"
#include "core/url.hpp"
#include "core/verdict.hpp"
#include "io/connection.hpp"
#include "io/tls_client.hpp"

#include <sluice/config.hpp>
#include <sluice/upload_request.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::engine {

using compiled_field = std::pair<std::string, core::field_template>;

struct settings {
  config raw;  ///< numbers and switches are used from here
  core::url url;
  std::shared_ptr<const io::tls_client> tls;  ///< null for http://
  core::request_head head;
  std::vector<compiled_field> fields;
  core::field_template filename;
  core::success_rules rules;
  std::string host;              ///< this machine's name, for templates
  std::size_t most_at_once = 1;  ///< what descriptors allow
  std::vector<asio::ip::tcp::endpoint> addresses;
};

/// The settings, or at least one line in `problems`.
std::optional<settings> compile(const config& cfg, std::vector<std::string>& problems);

/// Templates of form fields; problems are named `member`.
std::vector<compiled_field> compile_fields(const std::vector<form_field>& fields, const char* member,
                                           std::vector<std::string>& problems);

/// One attempt's request for a file part of `size` bytes. `extra` come after the configuration's fields.
io::request render(const settings& s, const core::template_values& values,
                   const std::vector<compiled_field>& extra, std::string_view boundary);

}  // namespace sluice::engine
