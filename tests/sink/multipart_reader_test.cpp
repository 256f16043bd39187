#include "sink/multipart_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sink {
namespace {

using event = multipart_reader::event;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string field_head = "Content-Disposition: form-data; name=\"mark\"\r\n\r\n";
const std::string file_head =
    "Content-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";

std::string form(const std::string& content) {
  return "--B\r\n" + field_head + "room 201\r\n--B\r\n" + file_head + content + "\r\n--B--\r\n";
}

// Records as text what a reader says of a body. Pieces of the file run together, so that any chunking reads
// the same.
class listener {
 public:
  explicit listener(std::string_view boundary = "B") { reader_.restart(boundary); }

  bool feed(std::string_view in) {
    for (;;) {
      switch (reader_.next(in)) {
        case event::need_more:
          return in.empty();
        case event::field:
          say("field " + reader_.part().name + "=" + std::string{reader_.value()});
          break;
        case event::file_begin:
          say("file " + reader_.part().name + " " + reader_.part().filename + " " + reader_.part().type);
          break;
        case event::file_data:
          EXPECT_FALSE(reader_.data().empty());
          content += reader_.data();
          break;
        case event::file_end:
          say("content " + content);
          break;
        case event::complete:
          say("complete");
          break;
        case event::malformed:
          say(std::string{"malformed: "} + reader_.reason());
          return false;
      }
    }
  }

  std::vector<std::string> end() {
    if (!malformed && !reader_.finish()) said.push_back(std::string{"malformed: "} + reader_.reason());
    return said;
  }

  std::vector<std::string> said;
  std::string content;
  bool malformed = false;

 private:
  void say(std::string what) {
    malformed = malformed || what.starts_with("malformed");
    said.push_back(std::move(what));
  }
  multipart_reader reader_;
};

std::vector<std::string> read(std::string_view body, std::string_view boundary = "B") {
  listener l{boundary};
  l.feed(body);
  return l.end();
}

std::string reason(std::string_view body) {
  const auto said = read(body);
  return said.empty() ? "" : said.back();
}

TEST(multipart_reader, reads_fields_then_the_file) {
  EXPECT_THAT(read(form("bytes")),
              ElementsAre("field mark=room 201", "file file a.jpg image/jpeg", "content bytes", "complete"));
}

TEST(multipart_reader, needs_neither_fields_nor_content_nor_a_last_crlf) {
  EXPECT_THAT(read("--B\r\n" + file_head + "\r\n--B--"),
              ElementsAre("file file a.jpg image/jpeg", "content ", "complete"));
}

TEST(multipart_reader, reads_the_same_however_the_body_is_cut_in_two) {
  for (const std::string content :
       {"", "bytes", "\r", "\r\n", "\r\n-", "\r\n--", "\r\n--A\r\n--", "\r\r\n--\r\n--A"}) {
    const auto body = form(content);
    const auto whole = read(body);
    ASSERT_EQ(whole[2], "content " + content);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      listener l;
      l.feed(std::string_view{body}.substr(0, cut));
      l.feed(std::string_view{body}.substr(cut));
      EXPECT_EQ(l.end(), whole) << "cut at " << cut << " of " << body;
    }
  }
}

TEST(multipart_reader, reads_the_same_in_any_chunking_right_or_wrong) {
  const std::vector<std::string> bodies{form("\r\n--A\r\n\r\n--"),
                                        form("\r\n--Bx"),
                                        "--B\r\n" + field_head + "\r\n--\r\n--B--",
                                        "--B\r\nX: y\r\n\r\n",
                                        form("a") + "b",
                                        "--B\r\n" + file_head + "\r\n--B\r\n",
                                        "-B",
                                        "--B\r\n" + file_head + "never ends\r\n--"};
  std::mt19937 random{7};
  for (const auto& body : bodies) {
    const auto whole = read(body);
    for (int turn = 0; turn < 300; ++turn) {
      listener l;
      std::string_view left{body};
      while (!left.empty() && !l.malformed) {
        const auto n = std::min<std::size_t>(left.size(), 1 + random() % (turn % 9 + 1));
        l.feed(left.substr(0, n));
        left.remove_prefix(n);
      }
      EXPECT_EQ(l.end(), whole) << body;
    }
  }
}

TEST(multipart_reader, keeps_content_that_looks_like_a_delimiter) {
  std::string content;
  for (int i = 0; i < 2000; ++i) content += i % 3 ? "\r\n--" : "\r\n--A";
  EXPECT_EQ(read(form(content))[2], "content " + content);
}

TEST(multipart_reader, hands_out_content_without_a_copy) {
  const auto body = form(std::string(100'000, 'x'));
  multipart_reader reader;
  reader.restart("B");
  std::string_view in{body};
  while (reader.next(in) != event::file_data) {
  }
  EXPECT_EQ(reader.data().size(), 100'000u);
  EXPECT_GE(reader.data().data(), body.data());
  EXPECT_LE(reader.data().data() + reader.data().size(), body.data() + body.size());
}

TEST(multipart_reader, can_begin_anew_at_any_point) {
  const auto body = form("bytes");
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    multipart_reader reader;
    reader.restart("B");
    std::string_view in = std::string_view{body}.substr(0, cut);
    while (reader.next(in) != event::need_more) {
    }
    reader.restart("C");
    std::string_view next{
        "--C\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g\"\r\n\r\n\r\n--C--"};
    std::vector<event> seen;
    do seen.push_back(reader.next(next));
    while (seen.back() != event::need_more);
    EXPECT_THAT(seen, ElementsAre(event::file_begin, event::file_end, event::complete, event::need_more));
    EXPECT_TRUE(reader.finish());
  }
}

TEST(multipart_reader, refuses_every_deviation_and_says_which) {
  const std::string part = "--B\r\n" + file_head + "x";
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "ends before"},
      {"--B", "ends before"},
      {"--B--", "no file part"},
      {"preamble\r\n" + part + "\r\n--B--", "does not begin"},
      {"\r\n" + part + "\r\n--B--", "does not begin"},
      {"--C\r\n", "does not begin"},
      {"--B\nx", "neither CRLF nor two dashes"},
      {"--B \r\n", "neither CRLF nor two dashes"},
      {"--Bx\r\n", "neither CRLF nor two dashes"},
      {"--B\r\n\r\nvalue\r\n--B--", "no headers"},
      {"--B\r\nContent-Disposition: form-data; name=\"a\"\n\n", "ends before"},
      {"--B\r\nContent-Disposition: form-data; name=\"a\"\nb: c\r\n\r\n", "bare CR, LF or NUL"},
      {"--B\r\n" + field_head + "v\r\n--B--", "no file part"},
      {part, "ends before"},
      {part + "\n--B--", "ends before"},
      {part + "\r\n--B", "ends before"},
      {part + "\r\n--B-", "ends before"},
      {part + "\r\n--Bxy", "neither CRLF nor two dashes"},
      {part + "\r\n--B\t--", "neither CRLF nor two dashes"},
      {part + "\r\n--B\r\n" + field_head + "v\r\n--B--", "after the file part"},
      {part + "\r\n--B\r\n" + file_head + "v\r\n--B--", "after the file part"},
      {part + "\r\n--B--\r", "ends before"},
      {part + "\r\n--B--\n", "after the closing delimiter"},
      {part + "\r\n--B--x", "after the closing delimiter"},
      {part + "\r\n--B--\r\n\r\n", "after the closing delimiter"},
      {part + "\r\n--B--\r\n\r\n--B--", "after the closing delimiter"},
  };
  for (const auto& [body, why] : table) EXPECT_THAT(reason(body), HasSubstr(why)) << body;
}

TEST(multipart_reader, caps_what_it_must_keep) {
  const auto long_head = "--B\r\nContent-Type: " + std::string(multipart_reader::max_head_bytes, 'x');
  EXPECT_THAT(reason(long_head), HasSubstr("headers are too long"));
  const auto value = [](std::size_t n) {
    return "--B\r\n" + field_head + std::string(n, 'x') + "\r\n--B\r\n" + file_head + "\r\n--B--";
  };
  EXPECT_EQ(reason(value(multipart_reader::max_value_bytes)), "complete");
  EXPECT_THAT(reason(value(multipart_reader::max_value_bytes + 1)), HasSubstr("field is too long"));
  const auto fields = [](std::size_t n) {
    std::string body;
    for (std::size_t i = 0; i < n; ++i) body += "--B\r\n" + field_head + "v\r\n";
    return body + "--B\r\n" + file_head + "\r\n--B--";
  };
  EXPECT_EQ(reason(fields(multipart_reader::max_fields)), "complete");
  EXPECT_THAT(reason(fields(multipart_reader::max_fields + 1)), HasSubstr("too many fields"));
}

}  // namespace
}  // namespace sink
