// One HTTP/1 request as it arrives: its head is kept, its body handed on piece by piece without a copy.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

inline constexpr std::size_t max_request_head_bytes = 32 * 1024;

/// The contents of a request's head. Reused from request to request: clear() keeps the memory.
class request_head {
 public:
  struct header {
    std::string_view name, value;  ///< the name in lower case
  };

  void clear();
  void set_line(std::string_view method, std::string_view target);
  void add(std::string_view name, std::string_view value);

  std::string_view method() const noexcept { return method_; }
  std::string_view target() const noexcept { return target_; }
  std::size_t size() const noexcept { return headers_.size(); }
  header operator[](std::size_t i) const noexcept;
  /// The first header of that (lower-case) name; empty when there is none.
  std::string_view find(std::string_view name) const noexcept;

 private:
  struct extent {
    std::uint32_t name_end, value_end;  // each begins where the one before it ends
  };
  std::string method_, target_, text_;
  std::vector<extent> headers_;
};

/// Parses Content-Length and chunked requests. Each put() consumes the head, or at most one piece of the
/// body.
class request_parser final : public boost::beast::http::basic_parser<true> {
 public:
  using error_code = boost::beast::error_code;

  /// `head` is filled as soon as the head is whole; it must outlive the parser.
  explicit request_parser(request_head& head);

  /// The body bytes of the last put(), as views of its input.
  std::string_view take_piece() noexcept;
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }

 private:
  using string_view = boost::beast::string_view;
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int,
                       error_code&) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&) override;
  /// Newer versions of Beast ask for it; older ones give trailers to on_field_impl(), and know no such
  /// function.
  void on_trailer_field_impl(boost::beast::http::field name, string_view text, string_view value,
                             error_code& ec) {
    on_field_impl(name, text, value, ec);
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override;
  void on_finish_impl(error_code&) override {}

  request_head& head_;
  std::string_view piece_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace sink
