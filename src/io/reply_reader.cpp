#include "io/reply_reader.hpp"

#include "core/token.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstring>
#include <utility>

namespace sluice::io {

namespace http = boost::beast::http;

namespace {

/// Beast reads a list up to what does not fit in one: `chunked;x` as `chunked`, `a;x, chunked` as `a`. And it
/// takes `chunked, chunked` for unframed, which no sender may say (RFC 9112 §6.1) and others read as chunks.
bool is_list_of_codings(std::string_view value) {
  constexpr std::string_view blanks = " \t";
  for (bool chunked = false;;) {
    auto one = value.substr(0, value.find(','));
    const bool last = one.size() == value.size();
    value.remove_prefix(last ? value.size() : one.size() + 1);
    one.remove_prefix(std::min(one.find_first_not_of(blanks), one.size()));
    one = one.substr(0, one.find_last_not_of(blanks) + 1);
    if (!one.empty() && !core::is_token(one)) return false;
    if (core::equal_ignoring_case(one, "chunked") && std::exchange(chunked, true)) return false;
    if (last) return true;
  }
}

}  // namespace

struct reply_reader::impl {
  using parser_type = http::response_parser<http::string_body>;

  explicit impl(reply_limits l) : limits{l} { restart(); }

  void restart() {
    parser.emplace();
    head = 0;
    parser->header_limit(limits.head);
    parser->body_limit(limits.total);
    early = false;
  }

  bool too_many_fields() {
    const auto& fields = parser->get();
    return std::distance(fields.begin(), fields.end()) > limits.fields;
  }

  /// One step of the parser over what is buffered; false when it needs more.
  bool step(error_code& ec) {
    // Beast of Boost 1.81 asserts that an empty chunked body does not come byte by byte; each one has five.
    if (parser->is_header_done() && parser->chunked() && buffer.size() < 5) return false;
    const bool in_head = !parser->is_header_done();
    parser->eager(!in_head);  // so that a head's bytes are not counted with those of its body
    const auto n = parser->put(buffer.data(), ec);
    buffer.consume(n);
    // Beast forgets the fields it has read: its limit is for what is left of a head.
    if (in_head) head += n;
    if (in_head && head + (parser->is_header_done() ? 0 : buffer.size()) > limits.head) {
      ec = errc::reply_too_large;
      return false;
    }
    if (ec == http::error::need_more) {
      ec = {};
      return false;
    }
    if (ec == http::error::body_limit || ec == http::error::header_limit ||
        ec == http::error::buffer_overflow)
      ec = errc::reply_too_large;
    else if (ec || (in_head && parser->is_header_done() && has_odd_framing()))
      ec = errc::reply_malformed;
    return !ec && n > 0;
  }

  bool has_odd_framing() const {
    const auto [first, last] = parser->get().equal_range(http::field::transfer_encoding);
    return !std::all_of(first, last, [](const auto& field) { return is_list_of_codings(field.value()); });
  }

  reply_limits limits;
  std::optional<parser_type> parser;
  boost::beast::flat_buffer buffer;
  std::size_t seen = 0;
  std::size_t head = 0;  ///< bytes read of the head that is under way
  int interim = 0;
  bool early = false;
  bool extra = false;  ///< bytes after the end
};

reply_reader::reply_reader(reply_limits limits) : impl_{std::make_unique<impl>(limits)} {}
reply_reader::~reply_reader() = default;
reply_reader::reply_reader(reply_reader&&) noexcept = default;

error_code reply_reader::feed(std::span<const char> bytes, bool request_unsent) {
  auto& m = *impl_;
  // The cap is for the reply's own bytes: what lies behind it must not matter, however much comes at once.
  const bool over = bytes.size() > m.limits.total - m.seen;
  if (over) bytes = bytes.first(m.limits.total - m.seen);
  m.seen += bytes.size();
  std::memcpy(m.buffer.prepare(bytes.size()).data(), bytes.data(), bytes.size());
  m.buffer.commit(bytes.size());
  m.early = m.early || request_unsent;
  error_code ec;
  while (m.buffer.size() > 0 && !m.parser->is_done()) {
    const bool more = m.step(ec);
    if (ec) return ec;
    if (m.parser->is_header_done() && m.too_many_fields()) return errc::reply_too_large;
    if (m.parser->is_header_done() && m.parser->get().result_int() < 200) {
      if (m.parser->get().result_int() == 101 || m.parser->get().result_int() < 100)
        return errc::reply_malformed;
      if (++m.interim > m.limits.interim) return errc::reply_too_large;
      m.restart();  // what follows is another message, read in the same circumstances
      m.early = request_unsent && m.buffer.size() > 0;
      continue;
    }
    if (!more) break;
  }
  if (over && !m.parser->is_done()) return errc::reply_too_large;
  m.extra = m.parser->is_done() && (over || m.buffer.size() > 0);
  return {};
}

error_code reply_reader::feed_eof() {
  auto& m = *impl_;
  if (!final_head() || !m.parser->need_eof()) return errc::connection_lost;
  error_code ec;
  m.parser->put_eof(ec);
  return ec ? error_code{errc::connection_lost} : ec;
}

bool reply_reader::started() const noexcept { return impl_->seen > 0; }
bool reply_reader::final_head() const noexcept { return impl_->parser->is_header_done(); }
bool reply_reader::done() const noexcept { return impl_->parser->is_done(); }
bool reply_reader::early() const noexcept { return impl_->early; }
bool reply_reader::keep_alive() const noexcept {
  return done() && !impl_->extra && !impl_->parser->need_eof() && impl_->parser->get().keep_alive();
}

core::reply reply_reader::take() {
  auto& message = impl_->parser->get();
  core::reply r;
  r.status = static_cast<int>(message.result_int());
  r.framed = !impl_->parser->need_eof();
  r.retry_after = std::string{message[http::field::retry_after]};
  r.date = std::string{message[http::field::date]};
  r.body = std::move(message.body());
  return r;
}

}  // namespace sluice::io
