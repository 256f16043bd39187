#include "io/reply_reader.hpp"

#include <sluice/error.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstring>

namespace sluice::io {

namespace http = boost::beast::http;

struct reply_reader::impl {
  using parser_type = http::response_parser<http::string_body>;

  explicit impl(reply_limits l) : limits{l} { restart(); }

  void restart() {
    parser.emplace();
    parser->eager(true);
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
    const auto n = parser->put(buffer.data(), ec);
    buffer.consume(n);
    if (ec == http::error::need_more) {
      ec = {};
      return false;
    }
    if (ec == http::error::body_limit || ec == http::error::header_limit ||
        ec == http::error::buffer_overflow)
      ec = errc::reply_too_large;
    else if (ec)
      ec = errc::reply_malformed;
    return !ec && n > 0;
  }

  reply_limits limits;
  std::optional<parser_type> parser;
  boost::beast::flat_buffer buffer;
  std::size_t seen = 0;
  int interim = 0;
  bool early = false;
  bool extra = false;  ///< bytes after the end
};

reply_reader::reply_reader(reply_limits limits) : impl_{std::make_unique<impl>(limits)} {}
reply_reader::~reply_reader() = default;
reply_reader::reply_reader(reply_reader&&) noexcept = default;

error_code reply_reader::feed(std::span<const char> bytes, bool request_unsent) {
  auto& m = *impl_;
  m.seen += bytes.size();
  if (m.seen > m.limits.total) return errc::reply_too_large;
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
  m.extra = m.parser->is_done() && m.buffer.size() > 0;
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
