#include "sink/part_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sink {
namespace {

using testing::HasSubstr;
using namespace std::literals;

std::string wrong_with(const std::string& lines) {
  part_head head;
  const char* wrong = parse_part_head(lines, head);
  return wrong ? wrong : "";
}

part_head parsed(const std::string& lines) {
  part_head head;
  EXPECT_EQ(parse_part_head(lines, head), nullptr) << lines;
  return head;
}

TEST(part_head, tells_a_file_from_a_field_by_its_filename) {
  const auto field = parsed("Content-Disposition: form-data; name=\"mark\"\r\n");
  EXPECT_FALSE(field.is_file);
  EXPECT_EQ(field.name, "mark");
  const auto file =
      parsed("content-type:image/png \r\ncontent-disposition:form-data;name=\"f\";filename=\"a b.png\"\r\n");
  EXPECT_TRUE(file.is_file);
  EXPECT_EQ(file.filename, "a b.png");
  EXPECT_EQ(file.type, "image/png");
}

TEST(part_head, undoes_the_three_escapes_of_whatwg_and_no_others) {
  const auto filename = [](const std::string& raw) {
    return parsed("Content-Disposition: form-data; name=\"f\"; filename=\"" + raw + "\"\r\n").filename;
  };
  EXPECT_EQ(filename("a%22b%0D%0Ac"), "a\"b\r\nc");
  EXPECT_EQ(filename("100%25 %0d %41 % %2"), "100%25 %0d %41 % %2");
  EXPECT_EQ(filename("back\\slash;=.txt"), "back\\slash;=.txt");
  EXPECT_EQ(filename("\xff\x01 \xc3\xa4"), "\xff\x01 \xc3\xa4");
}

TEST(part_head, refuses_what_is_not_exactly_a_form_part) {
  const std::string good = "Content-Disposition: form-data; name=\"a\"";
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "no Content-Disposition"},
      {"Content-Type: text/plain\r\n", "no Content-Disposition"},
      {good, "does not end in CRLF"},
      {good + "\n\r\n", "bare CR, LF or NUL"},
      {good + "; filename=\"a\rb\"\r\n", "bare CR, LF or NUL"},
      {good + "; filename=\"a\0b\"\r\n"s, "bare CR, LF or NUL"},
      {good + "\r\n" + good + "\r\n", "repeated"},
      {good + "\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n", "repeated"},
      {good + "\r\nContent-Type:\r\n", "is empty"},
      {good + "\r\nContent-Transfer-Encoding: binary\r\n", "neither"},
      {good + "\r\nnonsense\r\n", "no colon"},
      {"Content-Disposition: attachment; name=\"a\"\r\n", "not form-data"},
      {"Content-Disposition: form-data\r\n", "no name"},
      {"Content-Disposition: form-data; filename=\"a\"\r\n", "no name"},
      {"Content-Disposition: form-data; name=a\r\n", "not name=\"value\""},
      {"Content-Disposition: form-data;\r\n", "not name=\"value\""},
      {"Content-Disposition: form-data; name=\"a\r\n", "closing quote"},
      {good + "b\r\n", "bytes after its value"},
      {good + "; name=\"a\"\r\n", "repeated or unknown"},
      {good + "; filename=\"a\"; filename=\"b\"\r\n", "repeated or unknown"},
      {good + "; filename*=\"UTF-8''a\"\r\n", "repeated or unknown"},
      {good + "; filename=\"\"\r\n", "filename is empty"},
      {good + "; filename=\"" + std::string(max_name_bytes + 1, 'x') + "\"\r\n", "too long"},
  };
  for (const auto& [lines, why] : table) EXPECT_THAT(wrong_with(lines), HasSubstr(why)) << lines;
}

TEST(part_head, finds_the_boundary_by_the_rules_of_rfc_2046) {
  const std::string seventy(70, 'x');
  const std::vector<std::pair<std::string, std::string>> table{
      {"multipart/form-data; boundary=abc", "abc"},
      {"Multipart/Form-Data;BOUNDARY=\"a b/c\"", "a b/c"},
      {"multipart/form-data; boundary=" + seventy, seventy},
      {"multipart/form-data; boundary=" + seventy + "x", ""},
      {"multipart/form-data; boundary=", ""},
      {"multipart/form-data; boundary=\"\"", ""},
      {"multipart/form-data; boundary=\"a \"", ""},
      {"multipart/form-data; boundary=a b", ""},
      {"multipart/form-data; boundary=a/b", ""},
      {"multipart/form-data; boundary=\"a*b\"", ""},
      {"multipart/form-data; charset=x", ""},
      {"multipart/form-data", ""},
      {"multipart/mixed; boundary=abc", ""},
      {"", ""},
  };
  for (const auto& [type, boundary] : table) EXPECT_EQ(boundary_of(type), boundary) << type;
}

}  // namespace
}  // namespace sink
