// One message of a server as Beast's parser reads it.
#pragma once

#include "io/asio.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/field.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::io {

/// The fields in the order they came, those of a trailer too, and the first bytes of the body. They lie in
/// one text: a map of them, as Beast's own message has it, costs more than reading them.
class reply_message {
 public:
  /// Forgets everything. `body`: bytes that are kept of the next body.
  void begin(std::size_t body);

  void set_first_line(int version, int status, std::string_view reason);
  void add_field(boost::beast::http::field id, std::string_view name, std::string_view value);
  void add_body(std::string_view bytes);

  int version() const noexcept { return version_; }  ///< 10 or 11
  int status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return std::string_view{text_}.substr(0, reason_); }
  std::size_t count_fields() const noexcept { return fields_.size(); }
  /// Calls `take(id, name, value)` for each field.
  template <class Take>
  void for_each_field(Take take) const {
    const std::string_view text{text_};
    for (const auto& f : fields_) take(f.id, text.substr(f.at, f.name), text.substr(f.at + f.name, f.value));
  }
  /// The value of the first field of this kind; null data: there is none.
  std::string_view find(boost::beast::http::field id) const noexcept;
  bool is_cut() const noexcept { return cut_; }  ///< the body was longer than what is kept
  std::string take_body() noexcept;

 private:
  struct place {
    boost::beast::http::field id;
    std::size_t at, name, value;  ///< where the name begins, its length, that of the value behind it
  };
  int version_ = 11, status_ = 0;
  std::size_t reason_ = 0;  ///< length of the reason, which stands before the fields
  std::string text_;
  std::vector<place> fields_;
  std::string body_;
  std::size_t most_ = 0;
  bool cut_ = false;
};

/// Reads one message into `to`, which outlives it.
class reply_parser final : public boost::beast::http::basic_parser<false> {
 public:
  explicit reply_parser(reply_message& to) : to_{to} {}

 private:
  using field = boost::beast::http::field;
  using string_view = boost::beast::string_view;
  using code = boost::beast::error_code;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, code&) override {}
  void on_response_impl(int status, string_view reason, int version, code& ec) override;
  void on_field_impl(field id, string_view name, string_view value, code& ec) override;
  // NOLINTNEXTLINE(modernize-use-override): only later versions of Boost have it
  virtual void on_trailer_field_impl(field id, string_view name, string_view value, code& ec);
  void on_header_impl(code& ec) override { ec = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, code& ec) override { ec = {}; }
  std::size_t on_body_impl(string_view bytes, code& ec) override;
  void on_chunk_header_impl(std::uint64_t, string_view, code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, code& ec) override;
  void on_finish_impl(code& ec) override { ec = {}; }

  reply_message& to_;
};

}  // namespace sluice::io
