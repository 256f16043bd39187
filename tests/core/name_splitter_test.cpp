#include "core/files/name_splitter.hpp"

#include <gmock/gmock.h>

namespace sluice::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_literals;

std::vector<std::string> all(name_splitter& s) {
  std::vector<std::string> names;
  while (auto name = s.next()) names.push_back(std::move(*name));
  return names;
}

std::vector<std::string> after(name_splitter& s, std::string_view bytes) {
  s.add(bytes);
  return all(s);
}

TEST(name_splitter, gives_a_name_once_its_end_came) {
  name_splitter s{'\n'};
  EXPECT_THAT(after(s, ""), IsEmpty());
  EXPECT_THAT(after(s, "a"), IsEmpty());
  EXPECT_THAT(after(s, "b"), IsEmpty());
  EXPECT_THAT(after(s, "\nc\n\n\nd"), ElementsAre("ab", "c"));
  EXPECT_THAT(after(s, "\n"), ElementsAre("d"));
  EXPECT_THAT(after(s, "\n"), IsEmpty());
  EXPECT_FALSE(s.too_long());
}

TEST(name_splitter, the_last_name_may_lack_its_end) {
  name_splitter s{'\n'};
  EXPECT_THAT(after(s, "a\nb"), ElementsAre("a"));
  s.finish();
  EXPECT_THAT(all(s), ElementsAre("b"));
  EXPECT_THAT(all(s), IsEmpty());
}

TEST(name_splitter, or_after_nuls) {
  name_splitter s{'\0'};
  EXPECT_THAT(after(s, "a\nb\0c\0"s), ElementsAre("a\nb", "c"));
}

TEST(name_splitter, nothing_follows_a_name_that_is_too_long) {
  const std::string longest(name_splitter::max_name, 'n');
  name_splitter s{'\n'};
  EXPECT_THAT(after(s, longest + "\n" + longest), ElementsAre(longest));
  EXPECT_FALSE(s.too_long()) << "it may end now";
  EXPECT_THAT(after(s, "n\nb\n"), IsEmpty());
  EXPECT_TRUE(s.too_long());
  EXPECT_THAT(after(s, "c\n"), IsEmpty());

  name_splitter unended{'\n'};
  EXPECT_THAT(after(unended, "a\n" + longest + "n"), ElementsAre("a"));
  EXPECT_TRUE(unended.too_long());
}

TEST(name_splitter, is_indifferent_to_how_the_bytes_come) {
  const auto text = "one\ntwo\n\nthree\r\n\xff\nlast"s;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    name_splitter s{'\n'};
    auto names = after(s, text.substr(0, i));
    for (auto& name : after(s, text.substr(i))) names.push_back(std::move(name));
    s.finish();
    for (auto& name : all(s)) names.push_back(std::move(name));
    EXPECT_THAT(names, ElementsAre("one", "two", "three\r", "\xff", "last")) << i;
  }
}

TEST(name_splitter, counts_names_and_empty_ones) {
  name_splitter s{'\n'};
  s.add("a\n\n\nb\nc");
  s.finish();
  for (const auto& [name, number] : {std::pair{"a", 1u}, {"b", 4u}, {"c", 5u}}) {
    EXPECT_EQ(s.next(), name);
    EXPECT_EQ(s.number(), number);
  }
}

TEST(name_splitter, that_cuts_goes_on_after_a_name_that_is_too_long) {
  const std::string longest(name_splitter::max_name, 'x');
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1} << 20}) {
    name_splitter s{'\n', true};
    const auto text = "a\n" + longest + "\n" + longest + std::string(300'000, 'y') + "\nb\n" + longest + "yy";
    std::vector<std::pair<std::uint64_t, std::string>> found;
    const auto take = [&] {
      while (auto name = s.next()) found.emplace_back(s.number(), std::move(*name));
    };
    for (std::size_t at = 0; at < text.size(); at += piece) s.add(text.substr(at, piece)), take();
    s.finish();
    take();
    ASSERT_EQ(found.size(), 5u) << piece;
    EXPECT_EQ(found[0], (std::pair{std::uint64_t{1}, "a"s}));
    EXPECT_EQ(found[1], (std::pair{std::uint64_t{2}, longest}));
    EXPECT_EQ(found[2], (std::pair{std::uint64_t{3}, longest + "y"})) << "a byte more than may be";
    EXPECT_EQ(found[3], (std::pair{std::uint64_t{4}, "b"s}));
    EXPECT_EQ(found[4], (std::pair{std::uint64_t{5}, longest + "y"}));
    EXPECT_FALSE(s.too_long());
  }
}

}  // namespace
}  // namespace sluice::core
