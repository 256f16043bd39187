#include "sink/receiver.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace sink {
namespace {

bool is_wrong(const error_code& ec) { return ec && ec != boost::beast::http::error::need_more; }

}  // namespace

receiver::receiver(service& s, std::uint64_t conn, channel& from, conduct& c)
    : service_{s},
      conn_{conn},
      conduct_{c},
      buffer_{from, s.count.app_bytes},
      body_{s.opt.hash, s.opt.store, s.opt.digests} {}

request_facts receiver::facts() const {
  return {conn_, request_, head_.target(), body_.file_begun(), body_.name(), &body_.fields(), &head_};
}

const char* receiver::malformation() const {
  return *body_.reason() ? body_.reason() : "the body's chunks are wrong";
}

void receiver::parse(error_code& ec) {
  if (!buffer_.empty()) buffer_.consume(parser_->put(asio::buffer(buffer_.unread()), ec));
}

void receiver::begin_request() {
  request_ = ++service_.count.requests;
  ++served_;
  piece_ = {};
  const auto type = head_.find("content-type");
  const bool is_form = boost::beast::iequals(type.substr(0, type.find(';')), "multipart/form-data");
  if (service_.opt.raw || (head_.method() != "POST" && !is_form))
    body_.begin_raw(request_, type, head_.target());
  else
    body_.begin(request_, type);
  conduct_.choose(facts());
}

task<receiver::received> receiver::read_head() {
  conduct_.begin_request();
  head_.clear();
  parser_.emplace(head_);
  for (;;) {
    error_code ec;
    parse(ec);
    if (parser_->is_header_done()) break;
    if (is_wrong(ec)) {
      begin_request();
      co_return received::malformed;
    }
    if (!co_await buffer_.fill(0)) co_return received::lost;
  }
  begin_request();
  co_return received::whole;
}

// Shown no more than up to the next stop, and stopped by itself where the rule may be chosen: both come at
// their byte.
bool receiver::take_piece() {
  auto shown = piece_.substr(0, conduct_.bytes_to_next_stop(taken()));
  const auto before = shown.size();
  const bool well_formed = body_.take(shown);
  piece_.remove_prefix(before - shown.size());
  if (body_.file_begun()) conduct_.choose(facts());
  return well_formed;
}

task<receiver::received> receiver::read_body() {
  for (;;) {
    if (conduct_.cut_at(taken())) co_return received::cut;
    if (early_now()) co_return received::early;
    if (!piece_.empty()) {
      if (!take_piece()) co_return received::malformed;
      continue;
    }
    if (parser_->is_done()) co_return body_.finish() ? received::whole : received::malformed;
    error_code ec;
    parse(ec);
    if (is_wrong(ec)) co_return received::malformed;
    piece_ = parser_->take_piece();
    const bool needs_more = piece_.empty() && !parser_->is_done() && (buffer_.empty() || ec);
    if (needs_more && !co_await buffer_.fill(conduct_.current().slow_read)) co_return received::lost;
  }
}

}  // namespace sink
