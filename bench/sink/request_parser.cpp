#include "sink/request_parser.hpp"

#include <limits>
#include <utility>

namespace sink {
namespace {

// Beast's string_view is Boost's in this version, std's in later ones.
std::string_view view(boost::beast::string_view s) { return {s.data(), s.size()}; }

}  // namespace

void request_head::clear() {
  method_.clear();
  target_.clear();
  text_.clear();
  headers_.clear();
}

void request_head::set_line(std::string_view method, std::string_view target) {
  method_ = method;
  target_ = target;
}

void request_head::add(std::string_view name, std::string_view value) {
  for (const char c : name) text_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  const auto name_end = static_cast<std::uint32_t>(text_.size());
  text_.append(value);
  headers_.push_back({name_end, static_cast<std::uint32_t>(text_.size())});
}

request_head::header request_head::operator[](std::size_t i) const noexcept {
  const std::uint32_t begin = i == 0 ? 0 : headers_[i - 1].value_end;
  const auto [name_end, value_end] = headers_[i];
  const std::string_view text{text_};
  return {text.substr(begin, name_end - begin), text.substr(name_end, value_end - name_end)};
}

std::string_view request_head::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size(); ++i)
    if ((*this)[i].name == name) return (*this)[i].value;
  return {};
}

request_parser::request_parser(request_head& head) : head_{head} {
  header_limit(max_request_head_bytes);
  body_limit(std::numeric_limits<std::uint64_t>::max());
}

std::string_view request_parser::take_piece() noexcept { return std::exchange(piece_, std::string_view{}); }

void request_parser::on_request_impl(boost::beast::http::verb, string_view method, string_view target, int,
                                     error_code&) {
  head_.set_line(view(method), view(target));
}

void request_parser::on_field_impl(boost::beast::http::field, string_view name, string_view value,
                                   error_code&) {
  head_.add(view(name), view(value));
}

std::size_t request_parser::on_body_impl(string_view piece, error_code&) {
  piece_ = view(piece);
  body_bytes_ += piece.size();
  return piece.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, string_view piece, error_code& ec) {
  return on_body_impl(piece, ec);
}

}  // namespace sink
