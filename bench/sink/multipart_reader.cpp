#include "sink/multipart_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sink {
namespace {

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const auto n = std::min(a.size(), b.size());
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + n, b.begin()).first - a.begin());
}

}  // namespace

void multipart_reader::restart(std::string_view boundary) {
  delimiter_.assign("\r\n--").append(boundary);
  matched_ = 2;  // the first delimiter has no CRLF before it
  state_ = state::opening;
  head_.clear();
  value_.clear();
  data_ = {};
  fields_ = 0;
  file_seen_ = false;
  reason_ = "";
}

multipart_reader::event multipart_reader::next(std::string_view& in) {
  for (;;) {
    if (state_ == state::failed) return event::malformed;
    if (in.empty() && matched_ < delimiter_.size()) return event::need_more;
    event e = event::need_more;
    switch (state_) {
      case state::opening:
        e = on_opening(in);
        break;
      case state::after_delimiter:
        e = on_after_delimiter(in);
        break;
      case state::head:
        e = on_head(in);
        break;
      case state::value:
        e = on_value(in);
        break;
      case state::file:
        e = on_file(in);
        break;
      default:
        e = on_epilogue(in);
        break;
    }
    if (e != event::need_more) return e;
  }
}

bool multipart_reader::finish() {
  if (state_ == state::closed || state_ == state::after_crlf) return true;
  if (state_ != state::failed) fail("the body ends before its closing delimiter does");
  return false;
}

multipart_reader::event multipart_reader::fail(const char* reason) {
  state_ = state::failed;
  reason_ = reason;
  return event::malformed;
}

multipart_reader::event multipart_reader::on_opening(std::string_view& in) {
  const auto n = common_prefix(std::string_view{delimiter_}.substr(matched_), in);
  in.remove_prefix(n);
  matched_ += n;
  if (matched_ < delimiter_.size() && !in.empty()) return fail("the body does not begin with its boundary");
  if (matched_ == delimiter_.size()) {
    matched_ = 0;
    state_ = state::after_delimiter;
  }
  return event::need_more;
}

multipart_reader::event multipart_reader::on_after_delimiter(std::string_view& in) {
  while (value_.size() < 2 && !in.empty()) {
    value_.push_back(in.front());
    in.remove_prefix(1);
  }
  if (value_.size() < 2) return event::need_more;
  const bool another = value_ == "\r\n", last = value_ == "--";
  value_.clear();
  if (another && file_seen_) return fail("a part comes after the file part");
  if (another) {
    state_ = state::head;
    return event::need_more;
  }
  if (!last) return fail("a boundary is followed by neither CRLF nor two dashes");
  if (!file_seen_) return fail("there is no file part");
  state_ = state::closed;
  return event::complete;
}

multipart_reader::event multipart_reader::on_head(std::string_view& in) {
  const auto old = head_.size();
  head_.append(in.substr(0, max_head_bytes - old));
  const auto end = head_.find("\r\n\r\n", old < 3 ? 0 : old - 3);
  if (end == std::string::npos) {
    in.remove_prefix(head_.size() - old);
    if (head_.starts_with("\r\n")) return fail("a part has no headers");
    return head_.size() < max_head_bytes ? event::need_more : fail("a part's headers are too long");
  }
  in.remove_prefix(end + 4 - old);
  const char* wrong = parse_part_head(std::string_view{head_}.substr(0, end + 2), part_);
  head_.clear();
  if (wrong) return fail(wrong);
  if (!part_.is_file) {
    state_ = state::value;
    return ++fields_ <= max_fields ? event::need_more : fail("there are too many fields");
  }
  file_seen_ = true;
  state_ = state::file;
  return event::file_begin;
}

multipart_reader::event multipart_reader::on_value(std::string_view& in) {
  if (matched_ == delimiter_.size()) {
    // The value was handed out by the call before this one.
    matched_ = 0;
    value_.clear();
    state_ = state::after_delimiter;
    return event::need_more;
  }
  const auto content = take_content(in);
  if (value_.size() + content.size() > max_value_bytes) return fail("a field is too long");
  value_.append(content);
  return matched_ == delimiter_.size() ? event::field : event::need_more;
}

multipart_reader::event multipart_reader::on_file(std::string_view& in) {
  if (matched_ == delimiter_.size()) {
    matched_ = 0;
    state_ = state::after_delimiter;
    return event::file_end;
  }
  data_ = take_content(in);
  return data_.empty() ? event::need_more : event::file_data;
}

multipart_reader::event multipart_reader::on_epilogue(std::string_view& in) {
  const char c = in.front();
  in.remove_prefix(1);
  if (state_ == state::closed && c == '\r') {
    state_ = state::after_cr;
  } else if (state_ == state::after_cr && c == '\n') {
    state_ = state::after_crlf;
  } else {
    return fail("there are bytes after the closing delimiter");
  }
  return event::need_more;
}

// The longest run that surely is content. A delimiter has its only CR in front, so a match that fails leaves
// no shorter one inside it: what was held back is content, all of it.
std::string_view multipart_reader::take_content(std::string_view& in) {
  const std::string_view delimiter{delimiter_};
  if (matched_ > 0) {
    const auto n = common_prefix(delimiter.substr(matched_), in);
    in.remove_prefix(n);
    matched_ += n;
    if (matched_ == delimiter.size() || in.empty()) return {};
    return delimiter.substr(0, std::exchange(matched_, 0));
  }
  for (std::size_t from = 0; from < in.size();) {
    const auto* cr = static_cast<const char*>(std::memchr(in.data() + from, '\r', in.size() - from));
    if (!cr) break;
    const auto at = static_cast<std::size_t>(cr - in.data());
    const auto n = common_prefix(delimiter, in.substr(at));
    if (n == delimiter.size() || at + n == in.size()) {
      const auto content = in.substr(0, at);
      in.remove_prefix(at + n);
      matched_ = n;
      return content;
    }
    from = at + n;
  }
  return std::exchange(in, std::string_view{});
}

}  // namespace sink
