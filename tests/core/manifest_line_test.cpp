#include "core/files/manifest_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> pairs_of(const auto& parts) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& p : parts) all.emplace_back(p.name, p.value);
  return all;
}

TEST(manifest_line, has_all_that_is_special_of_a_file) {
  const auto line = parse_manifest_line(
      R"({"path":"a/b.jpg","url":"https://h/x?sig=1","filename":"c.jpg","form":{"mark":"1","n":2,"yes":true},)"
      R"("header":{"X-A":"b","X-A":"c"},"camera":"cam 7","count":12,"f":1.50,"on":false,"none":null,)"
      R"("deep":{"form":{"no":"1"},"list":[1,{"url":"no"}]}})");
  EXPECT_EQ(line.problem, "");
  EXPECT_EQ(line.path, "a/b.jpg");
  EXPECT_EQ(line.words.url, "https://h/x?sig=1");
  EXPECT_EQ(line.words.filename, "c.jpg");
  EXPECT_THAT(pairs_of(line.words.form), ElementsAre(Pair("mark", "1"), Pair("n", "2"), Pair("yes", "true")));
  EXPECT_THAT(pairs_of(line.words.headers), ElementsAre(Pair("X-A", "b"), Pair("X-A", "c")));
  EXPECT_THAT(line.words.members, ElementsAre(Pair("camera", "cam 7"), Pair("count", "12"), Pair("f", "1.50"),
                                              Pair("on", "false")));
}

TEST(manifest_line, may_have_a_path_that_is_no_text) {
  EXPECT_EQ(parse_manifest_line(R"({"path":"a?","path_b64":"Yf8="})").path, "a\xff");
  EXPECT_EQ(parse_manifest_line(R"({"path_b64":"Yf8=","path":"a?"})").path, "a\xff");
}

TEST(manifest_line, without_a_path_names_no_file) {
  for (const auto* text : {"", "nonsense", "{", "[]", "1", "\"a\"", "null", R"({"path":"a"}})",
                           R"({"path":"a")", R"([{"path":"a"}])", "{\"path\":\"a\xff\"}", R"({"path":""})",
                           R"({"form":{}})", R"({"path":1})", R"({"path":{"path":"a"}})", R"({"path":["a"]})",
                           R"({"path_b64":"?"})", R"({"path_b64":""})", R"({"path":null})"}) {
    const auto line = parse_manifest_line(text);
    EXPECT_EQ(line.path, "") << text;
    EXPECT_NE(line.problem, "") << text;
  }
  EXPECT_THAT(parse_manifest_line("{} x").problem, HasSubstr("is not JSON, from byte 4 on"));
  EXPECT_EQ(parse_manifest_line("[1]").problem, "is not a JSON object");
  EXPECT_EQ(parse_manifest_line("{}").problem, "has no 'path'");
  EXPECT_EQ(parse_manifest_line(R"({"path":1})").problem, "'path' is not a text");
}

TEST(manifest_line, with_a_path_and_a_bad_part_says_which) {
  struct row {
    const char* text;
    const char* problem;
  };
  for (const auto& [text, problem] :
       {row{R"({"path":"a","form":"x"})", "'form' is not an object of names and texts"},
        row{R"({"path":"a","form":[]})", "'form' is not an object of names and texts"},
        row{R"({"header":{"a":{}},"path":"a"})", "'header' has a value that is no text"},
        row{R"({"header":{"a":["b"]},"path":"a"})", "'header' has a value that is no text"},
        row{R"({"header":{"a":null},"path":"a"})", "'header' has a value that is no text"},
        row{R"({"path":"a","url":7})", "'url' is not a text"},
        row{R"({"path":"a","url":{"x":"y"}})", "'url' is not a text"},
        row{R"({"path":"a","filename":[]})", "'filename' is not a text"},
        row{R"({"path":"a","url":null})", "'url' is not a text"}}) {
    const auto line = parse_manifest_line(text);
    EXPECT_EQ(line.path, "a") << text;
    EXPECT_EQ(line.problem, problem) << text;
  }
}

TEST(manifest_line, of_a_job_log_is_one_of_a_manifest) {
  const auto line =
      parse_manifest_line(R"({"v":1,"seq":7,"path":"a","fate":"deferred","error":"","status":503})");
  EXPECT_EQ(line.path, "a");
  EXPECT_EQ(line.words.members.at("fate"), "deferred");
}

TEST(manifest_line, has_a_length_and_no_depth_that_costs_anything) {
  const auto of = [](std::size_t size) {
    return R"({"path":"a","x":")" + std::string(size - 19, 'x') + "\"}";
  };
  EXPECT_EQ(of(100).size(), 100u);
  EXPECT_EQ(parse_manifest_line(of(most_words)).path, "a");
  EXPECT_EQ(parse_manifest_line(of(most_words + 1)).problem, "is longer than 64 KiB");
  const std::string deep = R"({"path":"a","x":)" + std::string(30'000, '[') + std::string(30'000, ']') + "}";
  EXPECT_EQ(parse_manifest_line(deep).path, "a");
}

TEST(sidecar, has_the_members_of_a_line_and_no_path) {
  const auto words = parse_sidecar("{\n  \"path\": \"b\",\n  \"form\": {\"mark\": \"1\"}\n}\n");
  ASSERT_TRUE(words);
  EXPECT_EQ(words->members.at("path"), "b") << "a member like any other";
  EXPECT_THAT(pairs_of(words->form), ElementsAre(Pair("mark", "1")));
  EXPECT_TRUE(parse_sidecar("{}"));
  for (const auto* text : {"", " ", "[]", "{", R"({"form":1})"}) EXPECT_FALSE(parse_sidecar(text)) << text;
}

TEST(manifest_line, with_a_nul_byte_names_no_file) {
  using namespace std::string_literals;
  for (const auto& text : {"{\"path\":\"b\"}\0garbage"s, "{\"path\":\"b\"}\0"s, "\0"s,
                           R"({"path":"a\u0000b"})"s, R"({"path_b64":"YQBi"})"s}) {
    const auto line = parse_manifest_line(text);
    EXPECT_EQ(line.path, "") << text;
    EXPECT_THAT(line.problem, testing::HasSubstr("NUL byte")) << text;
  }
  EXPECT_FALSE(parse_sidecar("{}\0{\"x"s).has_value());
}

}  // namespace
}  // namespace sluice::core
