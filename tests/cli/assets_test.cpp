#include "cli/web/assets.hpp"

#include "cli/monitor/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <stdexcept>

namespace sluice::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::ptrdiff_t count(std::string_view text, const char* pattern) {
  const std::string all{text};
  const std::regex what{pattern};
  return std::distance(std::sregex_iterator{all.begin(), all.end(), what}, {});
}

TEST(assets, are_whole_and_name_no_file) {
  for (const auto page : {status_html(), report_html()}) {
    EXPECT_THAT(page, StartsWith("<!doctype html>"));
    EXPECT_THAT(page,
                AllOf(HasSubstr("<style>\n/* The colours of our pages"), HasSubstr("</body>\n</html>\n")));
    EXPECT_THAT(page, AllOf(Not(HasSubstr("<link rel=\"stylesheet\"")), Not(HasSubstr("<script src"))));
  }
  EXPECT_THAT(status_html(), AllOf(HasSubstr("dygraphs"), Not(HasSubstr("sourceMappingURL"))))
      << "a browser would ask for the map";
  EXPECT_EQ(count(status_html(), "\\{\\{[a-z]+\\}\\}"), 0) << "all of it is told by /events";
}

/// A browser refuses an element without a hash.
TEST(assets, policy_has_a_hash_for_each_style_and_script) {
  const auto hashes = count(page_policy(), "'sha256-[A-Za-z0-9+/]{43}='");
  EXPECT_EQ(hashes, count(status_html(), "<style>") + count(status_html(), "<script>"));
  EXPECT_GE(hashes, 2);
  EXPECT_THAT(page_policy(), AllOf(StartsWith("default-src 'none'; style-src 'sha256-"),
                                   HasSubstr("; script-src 'sha256-"), Not(HasSubstr("unsafe"))));
}

TEST(filled, has_markup_in_its_places) {
  EXPECT_EQ(filled("", {}), "");
  EXPECT_EQ(filled("a {b} }} c", {}), "a {b} }} c");
  EXPECT_EQ(filled("{{a}}{{b}}-{{a}}", {{"a", "1"}, {"b", ""}}), "1-1");
  EXPECT_EQ(filled("<p>{{a}}</p>", {{"a", "{{b}}"}}), "<p>{{b}}</p>") << "what comes in is no page";
}

TEST(filled, leaves_no_place_empty_by_mistake) {
  EXPECT_THROW(filled("{{a}}", {}), std::logic_error);
  EXPECT_THROW(filled("{{a}}", {{"A", ""}}), std::logic_error);
  EXPECT_THROW(filled("{{a", {{"a", ""}}), std::logic_error);
}

}  // namespace
}  // namespace sluice::cli
