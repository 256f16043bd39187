// Writes one form a line, as JSON with base64 inside: what was asked for and the body that came of it.
// check_forms.mjs reads it.
#include "core/base64.hpp"
#include "core/http/multipart.hpp"
#include "support/form.hpp"

#include <array>
#include <cstddef>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::string_literals;
using sluice::core::base64;

struct form {
  std::string title;
  support::file_head head;
  std::string file;
  std::vector<support::field> fields;
};

constexpr std::array<std::byte, 16> random_bytes{std::byte{0x5a}, std::byte{0x00}, std::byte{0xff}};

std::string boundary() { return support::make_boundary(random_bytes); }

std::string every_byte() {
  std::string all;
  for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
  return all;
}

form named(std::string title, std::string filename) {
  return {std::move(title),
          {"file", std::move(filename), "image/jpeg"},
          "\xff\xd8 picture \xff\xd9",
          {{"mark", "room-201"}}};
}

std::vector<form> forms_by_filename() {
  return {
      named("plain", "IMG_0001.jpg"),
      named("quotes", R"(a "quoted" name".jpg)"),
      named("a quote first and last", R"(")"),
      named("percent 22 written out", "100%22.jpg"),
      named("percent escapes of other bytes", "%0d%0A%00%.jpg"),
      named("carriage return", "a\rb.jpg"),
      named("line feed", "a\nb.jpg"),
      named("a header in the name", "x\r\nContent-Type: text/html\r\n\r\n<script>.jpg"),
      named("a boundary in the name", "x\r\n--" + boundary() + "--\r\n.jpg"),
      named("a parameter in the name", R"(x"; filename="y.exe)"),
      named("a quoted parameter after a backslash", R"(x\"; filename=\"y.exe)"),
      named("semicolons", ";a;b=c;.jpg"),
      named("a backslash before a letter", R"(C:\new\table.jpg)"),
      named("two backslashes", R"(\\server\share.jpg)"),
      named("a backslash last", R"(trailing\)"),
      named("two backslashes last", R"(trailing\\)"),
      named("not UTF-8", "caf\xe9\xff\xfe\x80.jpg"),
      named("overlong UTF-8", "\xc0\xaf.jpg"),
      named("UTF-8", "Übergröße-写真-📷.jpg"),
      named("right to left", "\u202Egpj.\u05D0\u05D1\u05D2.exe"),
      named("255 bytes", std::string(251, 'x') + ".jpg"),
      named("255 bytes, each escaped", std::string(255, '"')),
      named("spaces first and last", "  a  .jpg  "),
      named("a space", " "),
      named("tabs", "\ta\tb\t"),
      named("dots", ".."),
      named("path separators", "../../etc/passwd"),
      named("an absolute path", "/etc/passwd"),
      named("an encoded word", "=?utf-8?B?YQ==?="),
      named("an extended value", "utf-8''a%20b.jpg"),
      named("control characters", "a\x01\x1b[31m\x7f.jpg"),
      named("empty", ""),
  };
}

std::vector<form> forms_by_content() {
  const auto delimiter = "\r\n--" + boundary();
  const auto hostile = R"(n"a;m=e\ %22)"s;
  return {
      {"an empty file", {"file", "empty.bin", "application/octet-stream"}, "", {}},
      {"every byte",
       {"file", "bytes.bin", "application/octet-stream"},
       every_byte(),
       {{"bytes", every_byte()}}},
      {"nearly a delimiter",
       {"file", "near.bin", "application/octet-stream"},
       "--\r\n\r\n--\r" + delimiter.substr(0, delimiter.size() - 1) + "\r\n-",
       {{"near", delimiter.substr(0, delimiter.size() - 1)}}},
      {"line ends first and last",
       {"file", "ends.txt", "text/plain"},
       "\r\n\r\na\r\n\r\n",
       {{"ends", "\r\n\r\na\r\n"}}},
      {"1 MiB", {"file", "large.bin", "application/octet-stream"}, std::string(1 << 20, '\r'), {}},
      {"fields keep their order",
       {"image", "o.jpg", "image/jpeg"},
       "o",
       {{"z", "1"}, {"a", "2"}, {"z", "3"}, {"", "4"}, {"empty", ""}, {"timestamp", "2026-11-23 10:33:40"}}},
      {"hostile field names",
       {hostile, "f.jpg", "image/jpeg"},
       "f",
       {{hostile, "1"}, {"two\r\nlines", "2"}, {"caf\xe9", "3"}}},
  };
}

nlohmann::json to_json(const form& f) {
  const auto frame = support::frame_multipart(boundary(), f.fields, f.head);
  auto fields = nlohmann::json::array();
  for (const auto& [name, value] : f.fields) fields.push_back({base64(name), base64(value)});
  return {{"title", f.title},
          {"name", base64(f.head.name)},
          {"filename", base64(f.head.filename)},
          {"type", f.head.type},
          {"file", base64(f.file)},
          {"fields", fields},
          {"boundary", boundary()},
          {"content_length", frame.content_length(f.file.size())},
          {"body", base64(frame.preamble + f.file + frame.epilogue)}};
}

}  // namespace

int main() {
  for (const auto& forms : {forms_by_filename(), forms_by_content()})
    for (const auto& f : forms) std::cout << to_json(f).dump() << '\n';
}
