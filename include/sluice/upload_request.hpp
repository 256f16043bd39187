// One upload, as an embedding program asks for it.
//
//     auto removed = sluice::disposal::remove();
//     up.async_upload(sluice::upload_request{"a.jpg"}.field("mark", "room-201").on_success(removed),
//                     asio::detached);
#pragma once

#include <sluice/body_source.hpp>
#include <sluice/config.hpp>

#include <concepts>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sluice {

/// A file by its path, a body from memory, or one that the caller reads; and what is special of it.
class upload_request {
 public:
  /// The file `path` names, which is opened without following a link in its last component. Made of anything
  /// that a path can be made of, so that async_upload() takes that, too.
  template <class Path>
    requires(!std::same_as<std::remove_cvref_t<Path>, upload_request> &&
             std::convertible_to<Path, std::filesystem::path>)
  upload_request(Path&& path) : path_(std::forward<Path>(path)) {}  // NOLINT(google-explicit-constructor)
  /// Takes `data`, which is kept until the operation completes. Templates see `filename`. No disposal
  /// applies.
  static upload_request from_memory(std::string data, std::string filename) {
    upload_request r;
    r.data_ = std::move(data), r.filename_ = std::move(filename);
    return r;
  }
  /// Takes the bytes that `body` reads. Templates see `filename`. No disposal applies.
  static upload_request from_source(std::shared_ptr<body_source> body, std::string filename) {
    upload_request r;
    r.body_ = std::move(body), r.filename_ = std::move(filename);
    return r;
  }

  /// Adds a text field, sent after those of the configuration; `value` may hold templates.
  upload_request& field(std::string name, std::string value) & {
    fields_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  /// The same of a temporary.
  upload_request field(std::string name, std::string value) && {
    return std::move(field(std::move(name), std::move(value)));
  }
  /// Adds a header, instead of those of the configuration with this name; `value` may hold templates.
  upload_request& header(std::string name, std::string value) & {
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  /// The same of a temporary.
  upload_request header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  /// Sets a URL instead of config::url, of the same scheme, host and port; it may hold templates.
  upload_request& url(std::string url) & {
    url_ = std::move(url);
    return *this;
  }
  /// The same of a temporary.
  upload_request url(std::string url) && { return std::move(this->url(std::move(url))); }
  /// Sets a method (POST, PUT, PATCH) instead of config::method.
  upload_request& method(std::string method) & {
    method_ = std::move(method);
    return *this;
  }
  /// The same of a temporary.
  upload_request method(std::string method) && { return std::move(this->method(std::move(method))); }
  /// Sets `how` instead of config::on_success.
  upload_request& on_success(disposal how) & {
    on_success_ = std::move(how);
    return *this;
  }
  /// The same of a temporary.
  upload_request on_success(disposal how) && { return std::move(on_success(std::move(how))); }

  /// Empty unless it is a file by its path.
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Returns the bytes of from_memory(), else nothing.
  const std::optional<std::string>& data() const noexcept { return data_; }
  /// Null unless made by from_source().
  const std::shared_ptr<body_source>& body() const noexcept { return body_; }
  /// The name that was given to from_memory() or from_source().
  const std::string& filename() const noexcept { return filename_; }
  /// Returns the fields in the order they were added.
  const std::vector<form_field>& fields() const noexcept { return fields_; }
  /// Returns the headers in the order they were added.
  const std::vector<sluice::header>& headers() const noexcept { return headers_; }
  /// Returns the URL that was set; empty: config::url.
  const std::string& url() const noexcept { return url_; }
  /// Returns the method that was set; empty: config::method.
  const std::string& method() const noexcept { return method_; }
  /// Returns the disposal that was set; nothing: config::on_success.
  const std::optional<disposal>& on_success() const noexcept { return on_success_; }

 private:
  upload_request() = default;

  std::filesystem::path path_;
  std::optional<std::string> data_;
  std::shared_ptr<body_source> body_;
  std::string filename_;
  std::vector<form_field> fields_;
  std::vector<sluice::header> headers_;
  std::string url_, method_;
  std::optional<disposal> on_success_;
};

}  // namespace sluice
