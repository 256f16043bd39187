#include "engine/own_request.hpp"

#include "engine/compiled_settings.hpp"
#include "support/problem_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

config to_sink() {
  config c;
  c.url = "http://sink.example:8080/up?x=1";
  return c;
}

own_request own_of(const settings& s, const own_words& words) {
  std::vector<problem> problems;
  auto own = compile_own(s, words, problems);
  EXPECT_THAT(problems, IsEmpty());
  return own;
}

const core::template_values photo{
    .path = "x/photo.jpg", .size = 7, .key = "the-key", .seq = 1, .host = "here"};

TEST(own_request, follows_the_fields_of_the_configuration) {
  auto c = to_sink();
  c.form = {{"first", "{name}"}};
  const auto s = compiled(c);
  const auto own = own_of(s, {.form = {{"second", "{size}"}}});
  const auto made = render(s, &own, photo, "BOUNDARY");
  ASSERT_TRUE(made);
  const auto& r = *made;
  EXPECT_THAT(r.head, StartsWith("POST /up?x=1 HTTP/1.1\r\nHost: sink.example:8080\r\n"));
  EXPECT_THAT(r.head, HasSubstr("Idempotency-Key: the-key\r\n"));
  EXPECT_THAT(r.head, HasSubstr("Content-Type: image/jpeg\r\n"));
  const auto first = r.head.find("name=\"first\"\r\n\r\nphoto.jpg\r\n");
  const auto second = r.head.find("name=\"second\"\r\n\r\n7\r\n");
  const auto file = r.head.find("name=\"file\"; filename=\"photo.jpg\"");
  EXPECT_LT(first, second);
  EXPECT_LT(second, file);
  ASSERT_NE(file, std::string::npos);
  const auto body = r.head.substr(r.head.find("\r\n\r\n") + 4).size() + 7 + r.tail.size();
  EXPECT_THAT(r.head, HasSubstr("Content-Length: " + std::to_string(body) + "\r\n"));
}

TEST(own_request, of_a_raw_body_is_a_head_alone) {
  auto c = to_sink();
  c.url = "http://sink.example/in/{path}?n={name}";
  c.method = "PUT", c.body = body_kind::raw;
  const auto made = render(compiled(c), nullptr, photo, "");
  ASSERT_TRUE(made);
  EXPECT_THAT(made->head, StartsWith("PUT /in/x/photo.jpg?n=photo.jpg HTTP/1.1\r\n"));
  EXPECT_THAT(made->head, HasSubstr("\r\nContent-Type: image/jpeg\r\nContent-Length: 7\r\n"));
  EXPECT_TRUE(made->head.ends_with("\r\n\r\n"));
  EXPECT_EQ(made->tail, "");
}

TEST(own_request, stands_in_place_of_the_configurations) {
  auto c = to_sink();
  c.headers = {{"X-A", "ours"}};
  const auto s = compiled(c);
  const auto own = own_of(s, {.headers = {{"x-a", "{@box}"}},
                              .filename = "{stem}.raw",
                              .url = "http://SINK.example:8080/signed/{@box}?sig=%2F",
                              .method = "PATCH",
                              .members = {{"box", "b/12"}}});
  auto values = photo;
  values.members = &own.members;
  const auto made = render(s, &own, values, "B");
  ASSERT_TRUE(made);
  EXPECT_THAT(made->head, StartsWith("PATCH /signed/b/12?sig=%2F HTTP/1.1\r\n"));
  EXPECT_THAT(made->head, HasSubstr("\r\nx-a: b/12\r\n"));
  EXPECT_THAT(made->head, Not(HasSubstr("ours")));
  EXPECT_THAT(made->head, HasSubstr("filename=\"photo.raw\""));
}

TEST(own_request, needs_a_value_for_each_member) {
  auto c = to_sink();
  c.form = {{"box", "{@box}"}};
  const auto s = compiled(c);
  EXPECT_EQ(render(s, nullptr, photo, "B").error().what, "nothing says what {@box} is for this file");
  for (auto of : {own_words{.headers = {{"X", "{@b}"}}}, own_words{.filename = "{@b}"},
                  own_words{.form = {{"x", "{@b}"}}}, own_words{.url = "http://sink.example:8080/{@b}"}}) {
    const auto plain = compiled(to_sink());
    const auto own = own_of(plain, of);
    EXPECT_EQ(render(plain, &own, photo, "B").error().what, "nothing says what {@b} is for this file");
  }
}

TEST(own_request, is_told_what_cannot_be) {
  const auto s = compiled(to_sink());
  const std::pair<own_words, const char*> table[] = {
      {{.form = {{"a", "{nothing}"}}}, "fields: 'a': unknown template"},
      {{.headers = {{"Host", "x"}}}, "headers: \"Host\" is written by sluice itself"},
      {{.headers = {{"X", "a\r\nb"}}}, "headers: the value of \"X\""},
      {{.filename = "{x"}, "filename: { is not closed"},
      {{.url = "http://other.example:8080/up"}, "url: another scheme, host or port than sink.example:8080"},
      {{.url = "https://sink.example:8080/up"}, "url: another scheme"},
      {{.url = "http://sink.example/up"}, "url: another scheme"},
      {{.url = "/up"}, "url: no scheme"},
      {{.url = "http://sink.example:8080/{nothing}"}, "url: unknown template"},
      {{.method = "DELETE"}, "method: 'DELETE' is none of"},
  };
  for (const auto& [words, line] : table) {
    std::vector<problem> problems;
    compile_own(s, words, problems);
    EXPECT_THAT(support::lines_of(problems), ElementsAre(StartsWith(line)));
  }
  auto raw = to_sink();
  raw.body = body_kind::raw;
  std::vector<problem> problems;
  compile_own(compiled(raw), {.form = {{"a", "b"}}}, problems);
  EXPECT_THAT(support::lines_of(problems), ElementsAre(StartsWith("fields: a raw body is the file alone")));
}

TEST(own_request, needs_the_digests_that_go_ahead_of_the_body) {
  using enum core::digest_kind;
  auto c = to_sink();
  c.url = "http://sink.example:8080/{md5}";
  c.headers = {{"X", "{sha1}"}};
  c.form = {{"a", "{sha256}"}};
  c.file.filename = "{crc32}";
  c.success.json = {R"(/h="{sha512}")"};
  const auto s = compiled(c);
  const auto all = digests_sent(s, nullptr);
  for (const auto k : core::all_digests) EXPECT_EQ(all.contains(k), k != sha512) << to_string(k);
  EXPECT_TRUE(s.rules.digests().contains(sha512)) << "that one goes by";
  EXPECT_TRUE(digests_sent(compiled(to_sink()), nullptr).empty());
  const auto own = own_of(s, {.headers = {{"Y", "{sha512}"}}, .url = "http://sink.example:8080/x"});
  EXPECT_TRUE(digests_sent(s, &own).contains(sha512));
  EXPECT_FALSE(digests_sent(s, &own).contains(md5)) << "its URL has none";
}

}  // namespace
}  // namespace sluice::engine
