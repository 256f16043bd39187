// The options that make a request what it is, alike for all verbs.
#pragma once

#include "option_reader.hpp"

#include <sluice/config.hpp>

#include <string>
#include <vector>

namespace sluice::cli {

/// Form, headers, credentials, success, TLS, the proxy and deadlines. `cfg.url` is known by then: the
/// environment's proxy depends on it.
void read_request(const raw_options& options, option_reader& r, config& cfg,
                  std::vector<std::string>& problems);

/// Once for each way in which others could read or change what is sent.
void warn_of_the_way(const raw_options& options, const config& cfg, std::vector<std::string>& warnings);

}  // namespace sluice::cli
