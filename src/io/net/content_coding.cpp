#include "io/net/content_coding.hpp"

#include "core/http/token.hpp"

#include <algorithm>
#include <boost/beast/zlib/error.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>

namespace sluice::io {
namespace {

namespace zlib = boost::beast::zlib;

/// The deflated bytes (RFC 1951) at the front of `packed`, which is left with what follows them.
std::optional<unpacked> inflate(std::string_view& packed, std::size_t most) {
  zlib::inflate_stream stream;
  unpacked out;
  out.text.resize(most + 1);
  zlib::z_params at{};
  at.next_in = packed.data(), at.avail_in = packed.size();
  at.next_out = out.text.data(), at.avail_out = out.text.size();
  boost::system::error_code ec;
  stream.write(at, zlib::Flush::sync, ec);
  out.cut = at.total_out > most;
  if (ec != zlib::error::end_of_stream && !out.cut) return std::nullopt;
  out.text.resize(std::min(at.total_out, most));
  packed.remove_prefix(at.total_in);
  return out;
}

std::uint32_t little_endian(std::string_view four) {
  std::uint32_t n = 0;
  for (std::size_t i = 4; i-- > 0;) n = n << 8 | static_cast<unsigned char>(four[i]);
  return n;
}

/// Returns what follows the head of a gzip member (RFC 1952 §2.3).
std::optional<std::string_view> behind_gzip_head(std::string_view in) {
  constexpr std::size_t fixed = 10;
  if (in.size() < fixed || !in.starts_with("\x1f\x8b\x08")) return std::nullopt;
  const auto flags = static_cast<unsigned char>(in[3]);
  in.remove_prefix(fixed);
  if ((flags & 4u) != 0) {  // FEXTRA
    if (in.size() < 2) return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(in[0]) + 256u * static_cast<unsigned char>(in[1]);
    if (in.size() < 2 + length) return std::nullopt;
    in.remove_prefix(2 + length);
  }
  for (const unsigned text : {8u, 16u})  // FNAME, FCOMMENT
    if ((flags & text) != 0) {
      const auto end = in.find('\0');
      if (end == std::string_view::npos) return std::nullopt;
      in.remove_prefix(end + 1);
    }
  if ((flags & 2u) != 0) in.remove_prefix(std::min<std::size_t>(in.size(), 2));  // FHCRC
  return in;
}

std::optional<unpacked> gunzip(std::string_view body, std::size_t most) {
  auto rest = behind_gzip_head(body);
  if (!rest) return std::nullopt;
  auto out = inflate(*rest, most);
  if (!out || out->cut) return out;
  if (rest->size() != 8) return std::nullopt;
  boost::crc_32_type sum;
  sum.process_bytes(out->text.data(), out->text.size());
  const bool whole = little_endian(rest->substr(0, 4)) == sum.checksum() &&
                     little_endian(rest->substr(4)) == static_cast<std::uint32_t>(out->text.size());
  return whole ? out : std::nullopt;
}

/// Some senders leave zlib's two bytes (RFC 1950) and its sum away.
std::optional<unpacked> inflate_any(std::string_view body, std::size_t most) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(body[i]); };
  const bool is_zlib = body.size() > 2 && (byte(0) & 0x0f) == 8 && (byte(0) * 256 + byte(1)) % 31 == 0;
  if (is_zlib) body.remove_prefix(2);
  return inflate(body, most);
}

}  // namespace

std::optional<unpacked> unpack(std::string_view coding, std::string_view body, std::size_t most) {
  if (core::equal_ignoring_case(coding, "gzip") || core::equal_ignoring_case(coding, "x-gzip"))
    return gunzip(body, most);
  if (core::equal_ignoring_case(coding, "deflate")) return inflate_any(body, most);
  return std::nullopt;
}

}  // namespace sluice::io
