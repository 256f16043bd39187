#include "io/net/reply_reader.hpp"

#include "core/http/token.hpp"
#include "io/net/content_coding.hpp"
#include "io/net/reply_message.hpp"

#include <sluice/error.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
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

/// The rule of RFC 9112 or 9110 that a reply breaks. `begin` is how it begins.
const char* rule_of(const error_code& ec, std::string_view begin) {
  if (ec.category() != http::make_error_code(http::error::bad_field).category()) return "it breaks RFC 9112";
  switch (static_cast<http::error>(ec.value())) {
    case http::error::bad_version:
    case http::error::bad_status:
    case http::error::bad_reason:
      return begin.starts_with("HTTP/1.")
                 ? "its first line is not HTTP/1.x, a status of three digits and a reason"
                 : "it does not begin with HTTP/1.x";
    case http::error::bad_line_ending:
      return "a line does not end in CR LF";
    case http::error::bad_field:
      return "a field's name has a space, a control character or no colon behind it";
    case http::error::bad_value:
      return "a field's value has a control character";
    case http::error::bad_content_length:
      return "Content-Length is no number, or stands beside Transfer-Encoding";
    case http::error::multiple_content_length:
      return "there are two values of Content-Length";
    case http::error::bad_transfer_encoding:
      return "Transfer-Encoding stands beside Content-Length or another one";
    case http::error::bad_chunk:
    case http::error::bad_chunk_extension:
      return "a chunk does not have the form of one";
    default:
      return "it breaks RFC 9112";
  }
}

}  // namespace

/// Everything that is forgotten between two replies.
struct reply_reader::heard {
  head_listener* listener = nullptr;
  std::array<char, 60> begin{};  ///< first bytes of the message that is under way
  std::size_t begins = 0;        ///< their number
  std::size_t head = 0;          ///< bytes read of the head that is under way
  std::size_t interim_bytes = 0;
  unsigned interims = 0;
  const char* broken = nullptr;  ///< the rule that the reply breaks
  bool started = false;
  bool early = false;
  bool extra = false;          ///< bytes after the end
  bool ended_by_told = false;  ///< the connection's end, as TLS told it, is the end of the reply
};

struct reply_reader::impl : heard {
  explicit impl(reply_limits l) : limits{std::move(l)} {}

  void start(head_listener* to) {
    constexpr std::size_t usual = 4096;  // bytes that a kept connection may hold while it rests
    buffer.clear();
    if (buffer.capacity() > usual) buffer.shrink_to_fit();
    static_cast<heard&>(*this) = {};
    listener = to;
    restart();
  }

  void restart() {
    message.begin(limits.body);
    parser.emplace(message);
    head = 0;
    parser->header_limit(static_cast<std::uint32_t>(limits.head));
    parser->body_limit(boost::none);
    early = false;
  }

  bool has_too_many_fields() const { return message.count_fields() > limits.fields; }

  std::string_view waiting() const {
    return {static_cast<const char*>(buffer.cdata().data()), buffer.size()};
  }

  std::string_view first_bytes() const { return {begin.data(), begins}; }

  /// Some servers end the first line behind the status, without the space and the reason (RFC 9112 §4 wants
  /// the space). False: the line is not whole yet.
  bool mend_first_line() {
    constexpr std::size_t status_ends = 12;  // HTTP/1.1 200
    const auto text = waiting();
    if (head > 0 || !text.starts_with("HTTP/1.")) return true;
    if (text.size() <= status_ends + 1) return text.find('\n') != text.npos;
    if (text.substr(status_ends, 2) != "\r\n") return true;
    buffer.prepare(1);
    buffer.commit(1);
    auto* const at = static_cast<char*>(buffer.data().data());
    std::memmove(at + status_ends + 1, at + status_ends, buffer.size() - status_ends - 1);
    at[status_ends] = ' ';
    return true;
  }

  /// One step of the parser over what is buffered; false when it needs more.
  bool step(error_code& ec) {
    // Beast of Boost 1.81 asserts that an empty chunked body does not come byte by byte; each one has five.
    if (parser->is_header_done() && parser->chunked() && buffer.size() < 5) return false;
    if (head == 0 && !parser->is_header_done()) begins = waiting().copy(begin.data(), begin.size());
    if (!mend_first_line()) return false;
    const bool in_head = !parser->is_header_done();
    parser->eager(false);  // so that the bytes of a head, and of a trailer, are counted alone
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
      // A trailer, or what describes a chunk: Beast has no limit for them.
      if (!in_head && buffer.size() > limits.head) ec = errc::reply_too_large;
      return false;
    }
    if (!ec && !in_head && parser->is_done() && parser->chunked() && n > limits.head)
      ec = errc::reply_too_large;
    if (ec == errc::reply_too_large) return false;
    if (ec == http::error::body_limit || ec == http::error::header_limit ||
        ec == http::error::buffer_overflow)
      ec = errc::reply_too_large;
    else if (ec)
      broken = rule_of(ec, first_bytes()), ec = errc::reply_malformed;
    else if (in_head && parser->is_header_done() && has_odd_framing())
      broken = "Transfer-Encoding is no list of codings", ec = errc::reply_malformed;
    if (listener != nullptr && !ec && in_head && parser->is_header_done()) tell_head();
    return !ec && n > 0;
  }

  void tell_head() {
    std::string text = message.version() == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
    text.append(std::to_string(message.status())).append(" ").append(message.reason()).append("\n");
    message.for_each_field([&](http::field, std::string_view name, std::string_view value) {
      text.append(name).append(": ").append(value).append("\n");
    });
    listener->hear_reply(message.status(), text);
  }

  bool has_odd_framing() const {
    bool odd = false;
    message.for_each_field([&](http::field id, std::string_view, std::string_view value) {
      odd = odd || (id == http::field::transfer_encoding && !is_list_of_codings(value));
    });
    return odd;
  }

  /// An interim reply has been read. No error: the final one may follow.
  error_code read_over(bool request_unsent) {
    const auto status = message.status();
    if (status == 101 || status < 100) {
      broken = status == 101 ? "it switches protocols, which nobody asked for" : "its status is below 100";
      return errc::reply_malformed;
    }
    ++interims;
    interim_bytes += head;
    if (interim_bytes > limits.interim) return errc::reply_too_large;
    restart();  // the next bytes are another message, read in the same circumstances
    early = request_unsent && buffer.size() > 0;
    return {};
  }

  reply_limits limits;
  reply_message message;
  std::optional<reply_parser> parser;
  boost::beast::flat_buffer buffer;
};

reply_reader::reply_reader(reply_limits limits, head_listener* listener)
    : impl_{std::make_unique<impl>(std::move(limits))} {
  impl_->start(listener);
}
void reply_reader::start(head_listener* listener) { impl_->start(listener); }
reply_reader::~reply_reader() = default;
reply_reader::reply_reader(reply_reader&&) noexcept = default;

error_code reply_reader::feed(std::span<const char> bytes, bool request_unsent) {
  auto& m = *impl_;
  m.started = m.started || !bytes.empty();
  std::memcpy(m.buffer.prepare(bytes.size()).data(), bytes.data(), bytes.size());
  m.buffer.commit(bytes.size());
  m.early = m.early || request_unsent;
  error_code ec;
  while (m.buffer.size() > 0 && !m.parser->is_done()) {
    const bool more = m.step(ec);
    if (ec) return ec;
    if (m.parser->is_header_done() && m.has_too_many_fields()) return errc::reply_too_large;
    if (m.parser->is_header_done() && m.message.status() < 200) {
      if ((ec = m.read_over(request_unsent))) return ec;
      continue;
    }
    if (!more) break;
  }
  m.extra = m.parser->is_done() && m.buffer.size() > 0;
  return {};
}

error_code reply_reader::feed_eof(bool told) {
  auto& m = *impl_;
  if (!final_head() || !m.parser->need_eof()) return errc::connection_lost;
  error_code ec;
  m.parser->put_eof(ec);
  m.ended_by_told = told && !ec;
  return ec ? error_code{errc::connection_lost} : ec;
}

bool reply_reader::started() const noexcept { return impl_->started; }
bool reply_reader::final_head() const noexcept { return impl_->parser->is_header_done(); }
bool reply_reader::done() const noexcept { return impl_->parser->is_done(); }
bool reply_reader::early() const noexcept { return impl_->early; }
unsigned reply_reader::interims() const noexcept { return impl_->interims; }
bool reply_reader::keep_alive() const noexcept {
  return done() && !impl_->extra && impl_->parser->keep_alive();
}

std::string reply_reader::complaint() const {
  return impl_->broken == nullptr
             ? std::string{}
             : std::string{impl_->broken} + "; it begins '" + printable(impl_->first_bytes()) + "'";
}

core::reply reply_reader::take() {
  auto& message = impl_->message;
  const auto field = [&](http::field f) { return std::string{message.find(f)}; };
  core::reply r;
  r.status = message.status();
  // A transfer coding that nobody asked for leaves a body that nobody can read.
  const bool coded = message.find(http::field::transfer_encoding).data() != nullptr;
  r.framed = !impl_->parser->need_eof() || (impl_->ended_by_told && !coded);
  r.retry_after = field(http::field::retry_after);
  if (!r.retry_after.empty()) r.date = field(http::field::date);
  r.content_type = field(http::field::content_type);
  r.keep_alive = field(http::field::keep_alive);
  if (impl_->limits.kept)
    for (const std::string& wanted : *impl_->limits.kept)
      message.for_each_field([&](http::field, std::string_view name, std::string_view value) {
        if (core::equal_ignoring_case(name, wanted)) r.fields.emplace_back(wanted, value);
      });
  r.body = message.take_body();
  r.cut = message.is_cut();
  r.coding = field(http::field::content_encoding);
  if (r.body.empty() || core::equal_ignoring_case(r.coding, "identity")) r.coding.clear();
  if (r.coding.empty() || r.cut) return r;
  if (auto plain = unpack(r.coding, r.body, impl_->limits.body))
    r.body = std::move(plain->text), r.cut = plain->cut, r.coding.clear();
  return r;
}

}  // namespace sluice::io
