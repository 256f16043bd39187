#include "reply_model.hpp"

#include <algorithm>
#include <vector>

namespace fuzz {
namespace {

using std::string_view;

constexpr auto npos = string_view::npos;

/// No sum of ours overflows with this size, and no stream holds as much.
constexpr std::size_t huge = 1u << 30;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(string_view a, string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

string_view trim(string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A number of that base at the front of `text`, and how many digits it has.
struct number {
  std::size_t value = 0, digits = 0;
};
number read_number(string_view text, unsigned base) {
  number n;
  for (const char c : text) {
    const unsigned digit = c >= '0' && c <= '9'                 ? static_cast<unsigned>(c - '0')
                           : lower(c) >= 'a' && lower(c) <= 'f' ? static_cast<unsigned>(lower(c) - 'a' + 10)
                                                                : 99;
    if (digit >= base) break;
    n.value = std::min(n.value * base + digit, huge);
    ++n.digits;
  }
  return n;
}

struct head {
  int status = 0;
  bool chunked = false;
  std::optional<std::size_t> length;
  std::size_t end = 0;
};

/// Names and values of the fields; a line that begins with a blank goes on with the value before it.
std::vector<std::pair<string_view, std::string>> fields_of(string_view lines) {
  std::vector<std::pair<string_view, std::string>> fields;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(lines.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t') && !fields.empty())
      fields.back().second.append(" ").append(line);
    else if (colon != npos)
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

std::optional<head> read_head(string_view in) {
  const auto end = in.find("\r\n\r\n");
  if (end == npos) return std::nullopt;
  head h;
  h.end = end + 4;
  const auto line = in.substr(0, in.find("\r\n"));
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return std::nullopt;
  const auto status = read_number(line.substr(9, 3), 10);
  if (status.digits != 3 || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  h.status = static_cast<int>(status.value);
  for (const auto& [name, text] : fields_of(in.substr(line.size() + 2, end - line.size()))) {
    if (same_word(trim(name), "Transfer-Encoding")) {
      auto value = trim(text);
      // Elements with nothing in them do not count (RFC 9110 §5.6.1).
      while (value.ends_with(',')) value = trim(value.substr(0, value.size() - 1));
      const auto last = trim(value.substr(value.rfind(',') + 1));  // npos + 1 is 0
      h.chunked = h.chunked || same_word(last, "chunked");
    } else if (same_word(trim(name), "Content-Length")) {
      for (string_view rest = text;; rest.remove_prefix(1)) {
        const auto one = trim(rest.substr(0, rest.find(',')));
        const auto length = read_number(one, 10);
        if (length.digits == 0 || length.digits != one.size()) return std::nullopt;
        if (h.length && *h.length != length.value) return std::nullopt;
        h.length = length.value;
        rest.remove_prefix(std::min(rest.size(), rest.find(',')));
        if (rest.empty()) break;
      }
    }
  }
  return h;
}

/// Where the chunked body ends; its content goes to `body`.
std::optional<std::size_t> read_chunks(string_view in, std::size_t at, std::string& body) {
  for (;;) {
    const auto line_end = in.find("\r\n", at);
    if (line_end == npos) return std::nullopt;
    const auto size = read_number(in.substr(at), 16);
    if (size.digits == 0) return std::nullopt;
    at = line_end + 2;
    if (size.value == 0) break;
    if (in.size() < at + size.value + 2 || in.substr(at + size.value, 2) != "\r\n") return std::nullopt;
    body += in.substr(at, size.value);
    at += size.value + 2;
  }
  if (in.substr(at, 2) == "\r\n") return at + 2;
  const auto trailers_end = in.find("\r\n\r\n", at);
  return trailers_end == npos ? std::nullopt : std::optional{trailers_end + 4};
}

}  // namespace

std::optional<modelled_reply> read_reply(string_view stream) {
  modelled_reply reply;
  for (;;) {
    const auto h = read_head(stream.substr(reply.final_at));
    if (!h || h->status < 100) return std::nullopt;
    reply.largest_head = std::max(reply.largest_head, h->end);
    reply.status = h->status;
    reply.end = reply.final_at + h->end;
    if (h->status == 101) return std::nullopt;
    if (h->status >= 200) {
      const bool no_body = h->status == 204 || h->status == 304;
      if (h->chunked && h->length) return std::nullopt;
      reply.framed = no_body || h->chunked || h->length.has_value();
      if (no_body) return reply;
      if (h->chunked) {
        const auto end = read_chunks(stream, reply.end, reply.body);
        if (!end) return std::nullopt;
        reply.end = *end;
        return reply;
      }
      const auto rest = stream.substr(reply.end);
      const auto length = h->length.value_or(rest.size());
      if (length > rest.size()) return std::nullopt;
      reply.body = rest.substr(0, length);
      reply.end += length;
      return reply;
    }
    ++reply.interims;
    reply.final_at = reply.end;
  }
}

}  // namespace fuzz
