#include "io/net/reply_message.hpp"

#include <algorithm>
#include <utility>

namespace sluice::io {
namespace {

constexpr std::size_t usual = 4096;  ///< bytes that a kept connection may hold while it rests

template <class Container>
void empty(Container& c, std::size_t most) {
  c.clear();
  if (c.capacity() > most) c.shrink_to_fit();
}

std::string_view view(boost::beast::string_view s) { return {s.data(), s.size()}; }

}  // namespace

void reply_message::begin(std::size_t body) {
  empty(text_, usual);
  empty(fields_, usual / sizeof(place));
  body_.clear();
  reason_ = 0, status_ = 0, most_ = body, cut_ = false;
}

void reply_message::set_first_line(int version, int status, std::string_view reason) {
  version_ = version, status_ = status;
  text_ = reason;
  reason_ = reason.size();
}

void reply_message::add_field(boost::beast::http::field id, std::string_view name, std::string_view value) {
  fields_.push_back({id, text_.size(), name.size(), value.size()});
  text_.append(name).append(value);
}

void reply_message::add_body(std::string_view bytes) {
  const auto n = std::min(bytes.size(), most_ - body_.size());
  body_.append(bytes.substr(0, n));
  cut_ = cut_ || n < bytes.size();
}

std::string_view reply_message::find(boost::beast::http::field id) const noexcept {
  const auto found = std::ranges::find(fields_, id, &place::id);
  return found == fields_.end() ? std::string_view{}
                                : std::string_view{text_}.substr(found->at + found->name, found->value);
}

std::string reply_message::take_body() noexcept { return std::exchange(body_, {}); }

void reply_parser::on_response_impl(int status, string_view reason, int version, code& ec) {
  ec = {};
  to_.set_first_line(version, status, view(reason));
}

void reply_parser::on_field_impl(field id, string_view name, string_view value, code& ec) {
  ec = {};
  to_.add_field(id, view(name), view(value));
}

void reply_parser::on_trailer_field_impl(field id, string_view name, string_view value, code& ec) {
  on_field_impl(id, name, value, ec);
}

std::size_t reply_parser::on_body_impl(string_view bytes, code& ec) {
  ec = {};
  to_.add_body(view(bytes));
  return bytes.size();
}

std::size_t reply_parser::on_chunk_body_impl(std::uint64_t, string_view bytes, code& ec) {
  return on_body_impl(bytes, ec);
}

}  // namespace sluice::io
