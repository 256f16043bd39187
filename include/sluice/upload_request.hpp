// One upload, as an embedding program asks for it.
#pragma once

#include <sluice/body_source.hpp>
#include <sluice/config.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// A file by `path`, a body from memory: `data` with `filename`, or one that the caller reads: `body` with
/// `filename`. Exactly one of `path`, `data` and `body` is set.
///
/// In a coroutine, give it a name before `co_await`: GCC 12 destroys twice what `co_await f({.path = p})`
/// makes in passing.
struct upload_request {
  std::filesystem::path path{};       ///< opened without following a link in its last component
  std::optional<std::string> data{};  ///< kept until the operation completes; no disposal applies
  std::string filename{};  ///< for data and body: the name templates see; for a path: its last component
  std::shared_ptr<body_source> body{};           ///< no disposal applies
  std::vector<form_field> fields{};              ///< sent after those of the configuration; templates allowed
  std::optional<sluice::disposal> on_success{};  ///< instead of config::on_success
};

}  // namespace sluice
