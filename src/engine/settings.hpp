// A configuration that can work, compiled: what config says as text, parsed once.
#pragma once

#include "core/files/path_pattern.hpp"
#include "core/files/sidecar_name.hpp"
#include "core/http/field_template.hpp"
#include "core/http/request_head.hpp"
#include "core/http/target_template.hpp"
#include "core/http/url.hpp"
#include "core/http/verdict.hpp"
#include "core/pacing/descriptor_share.hpp"
#include "engine/way.hpp"
#include "io/digester.hpp"
#include "io/net/connection.hpp"
#include "io/net/proxy_route.hpp"
#include "io/net/tls_client.hpp"

#include <sluice/config.hpp>
#include <sluice/problem.hpp>
#include <sluice/result.hpp>
#include <sluice/upload_request.hpp>

#include <optional>
#include <span>
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
  core::target_template target;
  std::vector<compiled_field> fields;
  core::field_template filename;
  core::success_rules rules;
  std::optional<core::path_pattern> pattern{};  ///< config::match
  std::optional<core::sidecar_name> sidecar{};  ///< config::sidecar
  std::shared_ptr<const io::digest_methods> digests;
  std::string host;                      ///< name of this machine, for templates
  core::descriptor_share descriptors;    ///< what they allow
  way to;                                ///< where connections lead
  std::optional<io::proxy_terms> via{};  ///< the proxy; nothing: connections go to the endpoint
  used_proxy proxy{};                    ///< the same, as it is told
  std::string authorization{};           ///< value of the header that config::user or bearer makes; or empty

  /// The fields for an HTTP proxy in each request; nothing where a request goes to the endpoint.
  std::optional<std::vector<header>> fields_for_proxy() const;
  /// Text of a peer that an HTTP proxy may have written: it may repeat what the proxy was told.
  std::string without_proxy_secrets(std::string text) const;
  /// The names of the pattern's groups.
  std::span<const std::string> groups() const noexcept;
  /// The fields of a reply that rules read; null: none.
  std::shared_ptr<const std::vector<std::string>> kept_fields() const;
};

/// The settings, or at least one line in `problems`.
std::optional<settings> compile(const config& cfg, std::vector<problem>& problems);

/// The value of Authorization that `user` or `bearer` of `cfg` makes; empty where there is neither, or a
/// problem.
std::string compile_authorization(const config& cfg, std::vector<problem>& problems);
/// The user and password for the proxy; none where none are given, or there is a problem.
std::optional<core::credentials> compile_proxy_login(const proxy_options& p, const core::proxy& proxy,
                                                     std::vector<problem>& problems);

/// The head of every request of `s`.
core::request_head make_head(const settings& s);

/// Templates of form fields; problems are named `member`. `groups`: see core::field_template::parse().
std::vector<compiled_field> compile_fields(const std::vector<form_field>& fields, const char* member,
                                           std::span<const std::string> groups,
                                           std::vector<problem>& problems);
/// Adds the problem of a method that is none of the three.
void check_method(const std::string& method, std::vector<problem>& problems);
/// Adds a problem for each digest that this system does not have.
void check_digests(core::digest_set wanted, const io::digest_methods& methods, const char* member,
                   std::vector<problem>& problems);

/// The line that says that files in `where` wait for the settle time, `why`, and what helps.
std::string settling_notice(const std::string& where, const std::string& why, std::chrono::milliseconds time);

}  // namespace sluice::engine
