#include "core/http/content_type.hpp"

#include "core/http/token.hpp"

#include <utility>

namespace sluice::core {
namespace {

using entry = std::pair<std::string_view, std::string_view>;
constexpr entry types[] = {
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
    {"gif", "image/gif"},
    {"bmp", "image/bmp"},
    {"webp", "image/webp"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"avif", "image/avif"},
    {"svg", "image/svg+xml"},
    {"ico", "image/vnd.microsoft.icon"},
    {"mp4", "video/mp4"},
    {"m4v", "video/mp4"},
    {"mov", "video/quicktime"},
    {"avi", "video/x-msvideo"},
    {"mkv", "video/matroska"},
    {"webm", "video/webm"},
    {"mpg", "video/mpeg"},
    {"mpeg", "video/mpeg"},
    {"3gp", "video/3gpp"},
    {"mp3", "audio/mpeg"},
    {"m4a", "audio/mp4"},
    {"aac", "audio/aac"},
    {"wav", "audio/wav"},
    {"flac", "audio/flac"},
    {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"txt", "text/plain"},
    {"log", "text/plain"},
    {"md", "text/markdown"},
    {"csv", "text/csv"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"css", "text/css"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"pdf", "application/pdf"},
    {"rtf", "application/rtf"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"bz2", "application/x-bzip2"},
    {"xz", "application/x-xz"},
    {"zst", "application/zstd"},
    {"tar", "application/x-tar"},
    {"7z", "application/x-7z-compressed"},
};

std::string_view take_token(std::string_view& text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_token_char(text[n])) ++n;
  const auto token = text.substr(0, n);
  text.remove_prefix(n);
  return token;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_quoted_string(std::string_view& text) noexcept {
  if (!take(text, '"')) return false;
  while (!text.empty() && !is_control(text.front())) {
    if (take(text, '"')) return true;
    if (take(text, '\\') && (text.empty() || is_control(text.front()))) return false;
    text.remove_prefix(1);
  }
  return false;
}

bool take_parameter(std::string_view& text) noexcept {
  return !take_token(text).empty() && take(text, '=') &&
         (!take_token(text).empty() || take_quoted_string(text));
}

void skip_spaces(std::string_view& text) noexcept {
  while (take(text, ' ')) {
  }
}

}  // namespace

std::string_view guess_content_type(std::string_view name) noexcept {
  constexpr std::string_view unknown = "application/octet-stream";
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return unknown;
  const auto extension = name.substr(dot + 1);
  for (const auto& [known, type] : types)
    if (equal_ignoring_case(known, extension)) return type;
  return unknown;
}

bool is_media_type(std::string_view text) noexcept {
  if (take_token(text).empty() || !take(text, '/') || take_token(text).empty()) return false;
  while (!text.empty()) {
    skip_spaces(text);
    if (!take(text, ';')) return false;
    skip_spaces(text);
    if (!take_parameter(text)) return false;
  }
  return true;
}

}  // namespace sluice::core
