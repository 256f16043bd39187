#include "core/http/target_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sluice::core {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

std::string target_of(std::string_view target, const template_values& values) {
  const auto parsed = target_template::parse(target);
  if (!parsed) return "bad: " + parsed.error().what;
  const auto out = parsed->render(values);
  return out ? *out : "refused: " + out.error().what;
}
std::string of_path(std::string_view target, std::string_view path) {
  return target_of(target, {.path = path});
}

TEST(target_template, encodes_a_path_segment_by_segment) {
  EXPECT_EQ(of_path("/in/{path}", "2026/11/a.jpg"), "/in/2026/11/a.jpg");
  EXPECT_EQ(of_path("/in/{name}", "2026/11/a.jpg"), "/in/a.jpg");
  EXPECT_EQ(of_path("/in/{dir}/x/{name}", "2026/11/a.jpg"), "/in/2026/11/x/a.jpg");
  EXPECT_EQ(of_path("/in/{path}", "a b?c#d%20/\"e\"+\xc3\xa9\n.jpg"),
            "/in/a%20b%3Fc%23d%2520/%22e%22%2B%C3%A9%0A.jpg");
  EXPECT_EQ(of_path("/in/{path}", "-._~AZaz09"), "/in/-._~AZaz09");
  EXPECT_EQ(of_path("/in/{path}", "a\\b:c@d;e=f&g,h!"), "/in/a%5Cb%3Ac%40d%3Be%3Df%26g%2Ch%21");
  EXPECT_EQ(of_path("/in/{path}", "..a/a../...//x"sv.substr(0, 11)), "/in/..a/a../...");
}

TEST(target_template, leaves_what_was_written_as_it_is) {
  EXPECT_EQ(of_path("/a%20b/../c//d?x=%2F&y={{z}}", "f"), "/a%20b/../c//d?x=%2F&y={z}");
  EXPECT_TRUE(target_template::parse("/up?x=1")->is_fixed());
  EXPECT_FALSE(target_template::parse("/up/{name}")->is_fixed());
}

TEST(target_template, encodes_the_values_of_a_query_wholly) {
  EXPECT_EQ(of_path("/in?to={path}&n={name}", "a/b c.jpg"), "/in?to=a%2Fb%20c.jpg&n=b%20c.jpg");
  EXPECT_EQ(of_path("/{name}?to={path}", "../x"), "/x?to=..%2Fx") << "no path there";
  EXPECT_EQ(of_path("/in?to={dir}", "x"), "/in?to=");
}

TEST(target_template, keeps_no_slash_of_what_is_no_path) {
  digests d;
  d[digest_kind::md5] = "\xff\xff\xff";
  EXPECT_EQ(target_of("/in/{md5:base64}/{md5}", {.digests = &d}), "/in/%2F%2F%2F%2F/ffffff");
  const std::vector<std::string> names{""};
  const std::vector<std::string_view> groups{"2026/11"};
  EXPECT_EQ(*target_template::parse("/in/{1}/x", names)->render({.groups = groups}), "/in/2026/11/x");
  const member_values members{{"to", "a/b"}};
  EXPECT_EQ(target_of("/in/{@to}", {.members = &members}), "/in/a/b");
}

TEST(target_template, refuses_segments_that_lead_elsewhere) {
  for (const auto path : {"..", "../x", "a/../b", "a/.."})
    EXPECT_THAT(of_path("/in/{path}", path), HasSubstr("refused: its URL would have the segment '..'"))
        << path;
  for (const auto path : {".", "./x", "a/./b"})
    EXPECT_THAT(of_path("/in/{path}", path), HasSubstr("the segment '.'")) << path;
  for (const auto path : {"", "/x", "a//b", "a/"})
    EXPECT_THAT(of_path("/in/{path}", path), HasSubstr("an empty segment")) << path;
  EXPECT_THAT(of_path("/in/{dir}/{name}", "x"), HasSubstr("an empty segment"));
  EXPECT_THAT(of_path("/in/{dir}?x", "x"), HasSubstr("an empty segment"));
  EXPECT_THAT(of_path("/in/.{ext}", "a"), HasSubstr("the segment '.'"));
  EXPECT_THAT(of_path("/in/.{ext}.", "a"), HasSubstr("the segment '..'"));
  EXPECT_THAT(of_path("/in/%2e{ext}%2E", "a"), HasSubstr("the segment '..'"));
  EXPECT_THAT(of_path("/in/{name}", "%2e%2E"), HasSubstr("the segment '..'")) << "servers may decode twice";
  EXPECT_EQ(of_path("/in/{dir}x/{name}", "f"), "/in/x/f");
  EXPECT_EQ(of_path("/in/{name}/", "f"), "/in/f/");
}

TEST(target_template, is_a_problem_where_the_template_is) {
  EXPECT_THAT(target_template::parse("/{nothing}").error().what, HasSubstr("unknown template {nothing}"));
  EXPECT_THAT(target_template::parse("/{name").error().what, HasSubstr("not closed"));
  EXPECT_TRUE(target_template::parse("/{sha1}")->digests().contains(digest_kind::sha1));
}

/// The inverse, as a server does it.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

TEST(target_template, comes_back_from_any_path) {
  std::mt19937 random{7};
  const auto target = *target_template::parse("/in/{path}?p={path}");
  for (int round = 0; round < 5000; ++round) {
    std::string path;
    for (auto n = random() % 20; n > 0; --n) path += "./%ab\n\xff ?#{}&="[random() % 14];
    const auto out = target.render({.path = path});
    if (!out) continue;
    EXPECT_EQ(out->find_first_of(" \n#{}\xff"), std::string::npos);
    const auto question = out->find('?');
    EXPECT_EQ(decoded(out->substr(4, question - 4)), path);
    EXPECT_EQ(decoded(out->substr(question + 3)), path);
    EXPECT_EQ(out->substr(question + 3).find('/'), std::string::npos);
    for (const auto bad : {"/../", "/./", "//"})
      EXPECT_EQ(("/" + path + "/").find(bad), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace sluice::core
