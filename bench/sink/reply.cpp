#include "sink/reply.hpp"

#include "sink/json_text.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <cstdio>

namespace sink {
namespace {

void append_status_line(std::string& out, int status) {
  const auto known = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  const std::string_view reason =
      status == 103 ? "Early Hints" : std::string_view{known.data(), known.size()};
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason).append("\r\n");
}

const name_value* find_header(const std::vector<name_value>& headers, std::string_view name) {
  const auto it = std::find_if(headers.begin(), headers.end(),
                               [&](const name_value& h) { return boost::beast::iequals(h.first, name); });
  return it == headers.end() ? nullptr : &*it;
}

void append_headers(std::string& out, const std::vector<name_value>& headers) {
  for (const auto& [name, value] : headers) out.append(name).append(": ").append(value).append("\r\n");
}

// Status line and headers, still without the blank line. A scripted header takes the place of ours.
void append_head(std::string& out, const behaviour& b, int status, bool close) {
  append_status_line(out, status);
  if (!find_header(b.headers, "Content-Type")) out += "Content-Type: application/json\r\n";
  if (close && !find_header(b.headers, "Connection")) out += "Connection: close\r\n";
  append_headers(out, b.headers);
}

void append_chunk(std::string& out, std::string_view bytes, std::string_view extension) {
  char size[20];
  out.append(size, std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr);
  out.append(extension).append("\r\n").append(bytes).append("\r\n");
}

std::string junk() {
  std::string out;
  std::uint32_t x = 2463534242;
  for (int i = 0; i < 512; ++i) {
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    out.push_back(static_cast<char>(x >> 24));
  }
  return out;
}

std::string body_of(const behaviour& b, int status, std::uint64_t size) {
  if (b.body) return *b.body;
  const bool success = status >= 200 && status < 300;
  return "{\"code\":" + std::to_string(success ? 0 : status) + ",\"size\":" + std::to_string(size) + "}";
}

}  // namespace

void append_default_reply(std::string& out, std::uint64_t size, bool close) {
  char body[64];
  const int length =
      std::snprintf(body, sizeof body, R"({"code":0,"size":%llu})", static_cast<unsigned long long>(size));
  out.append("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
  if (close) out.append("Connection: close\r\n");
  out.append("Content-Length: ").append(std::to_string(length)).append("\r\n\r\n");
  out.append(body, static_cast<std::size_t>(length));
}

void append_digest_reply(std::string& out, std::uint64_t size, const digest_list& digests, bool close) {
  std::string body = R"({"code":0,"size":)" + std::to_string(size);
  out.append("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n");
  for (const auto& [name, raw] : digests) {
    append_hex(body.append(",\"").append(name).append("\":\""), raw);
    body += '"';
    if (name == "md5") append_hex(out.append("ETag: \""), raw), out += "\"\r\n";
    if (name == "sha256") append_base64(out.append("Repr-Digest: sha-256=:"), raw), out += ":\r\n";
  }
  body += '}';
  if (close) out.append("Connection: close\r\n");
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

void append_scripted_reply(std::string& out, const behaviour& b, int status, std::uint64_t size, bool close) {
  if (b.reply == reply_kind::none) return;
  if (b.reply == reply_kind::raw) return void(out += b.raw);
  if (b.reply == reply_kind::junk) return void(out += junk());
  append_head(out, b, status, close);
  const auto body = body_of(b, status, size);
  const bool bodiless = status < 200 || status == 204 || status == 304;
  if (b.reply == reply_kind::chunked) {
    out += "Transfer-Encoding: chunked\r\n\r\n";
    if (!body.empty()) append_chunk(out, body, b.chunk_ext);
    out.append("0").append(b.chunk_ext).append("\r\n");
    append_headers(out, b.trailers);
    out += "\r\n";
    return;
  }
  const bool framed = b.reply == reply_kind::unframed || find_header(b.headers, "Content-Length") ||
                      find_header(b.headers, "Transfer-Encoding");
  if (!framed && !bodiless) out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  out += "\r\n";
  if (!bodiless) out += body;
}

void append_refusal(std::string& out, int status, std::string_view reason) {
  std::string body = "{\"code\":" + std::to_string(status) + ",\"error\":";
  append_json(body, reason);
  body += "}";
  append_status_line(out, status);
  out.append("Content-Type: application/json\r\nConnection: close\r\nContent-Length: ");
  out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

void append_interim(std::string& out, int status) {
  append_status_line(out, status);
  out += "\r\n";
}

std::string flood_head(const behaviour& b, int status) {
  std::string out;
  if (b.flood == endless::interim) return out;
  append_head(out, b, status, false);
  if (b.flood != endless::header) out += "Transfer-Encoding: chunked\r\n\r\n";
  if (b.flood == endless::trailer) append_chunk(out, body_of(b, status, 0), ""), out += "0\r\n";
  return out;
}

std::string_view flood_unit(endless kind) {
  switch (kind) {
    case endless::header:
    case endless::trailer:
      return "X-Endless: 0123456789abcdef0123456789abcdef\r\n";
    case endless::body:
      return "20\r\n0123456789abcdef0123456789abcdef\r\n";
    case endless::interim:
      return "HTTP/1.1 103 Early Hints\r\n\r\n";
    case endless::no:
      break;
  }
  return "";
}

bool closes_after(const behaviour& b, bool asked) {
  if (b.close) return *b.close;
  const auto* connection = find_header(b.headers, "Connection");
  return asked || b.reply == reply_kind::unframed ||
         (connection && boost::beast::iequals(connection->second, "close"));
}

int status_in(std::string_view raw) {
  constexpr std::string_view start = "HTTP/1.";
  for (auto at = raw.find(start); at != std::string_view::npos; at = raw.find(start, at + 1)) {
    const auto code = raw.substr(std::min(raw.size(), at + start.size() + 2), 3);  // past "1 "
    int status = 0;
    std::from_chars(code.data(), code.data() + code.size(), status);
    const bool line_begins = at == 0 || raw[at - 1] == '\n';
    if (line_begins && status >= 200 && status <= 999) return status;
  }
  return 0;
}

}  // namespace sink
