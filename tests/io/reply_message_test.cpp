#include "io/net/reply_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::io {
namespace {

using boost::beast::http::field;

std::vector<std::pair<std::string, std::string>> fields_of(const reply_message& m) {
  std::vector<std::pair<std::string, std::string>> all;
  m.for_each_field(
      [&](field, std::string_view name, std::string_view value) { all.emplace_back(name, value); });
  return all;
}

TEST(reply_message, has_its_fields_in_the_order_they_came) {
  reply_message m;
  m.begin(10);
  m.set_first_line(10, 201, "Created");
  m.add_field(field::etag, "ETag", "\"1\"");
  m.add_field(field::unknown, "X-Room", "");
  m.add_field(field::etag, "etag", "\"2\"");
  EXPECT_EQ(m.version(), 10);
  EXPECT_EQ(m.status(), 201);
  EXPECT_EQ(m.reason(), "Created");
  EXPECT_EQ(m.count_fields(), 3u);
  EXPECT_EQ(fields_of(m), (std::vector<std::pair<std::string, std::string>>{
                              {"ETag", "\"1\""}, {"X-Room", ""}, {"etag", "\"2\""}}));
  EXPECT_EQ(m.find(field::etag), "\"1\"") << "the first one";
  EXPECT_EQ(m.find(field::date).data(), nullptr);
}

TEST(reply_message, an_empty_value_is_there) {
  reply_message m;
  m.begin(10);
  m.set_first_line(11, 200, "");
  m.add_field(field::date, "Date", "");
  EXPECT_EQ(m.find(field::date), "");
  EXPECT_NE(m.find(field::date).data(), nullptr);
}

TEST(reply_message, keeps_the_beginning_of_a_body) {
  reply_message m;
  m.begin(5);
  m.add_body("abc");
  EXPECT_FALSE(m.is_cut());
  m.add_body("de");
  EXPECT_FALSE(m.is_cut());
  m.add_body("f");
  EXPECT_TRUE(m.is_cut());
  EXPECT_EQ(m.take_body(), "abcde");
}

TEST(reply_message, begins_anew_with_nothing_of_the_one_before) {
  reply_message m;
  m.begin(2);
  m.set_first_line(11, 500, "Oops");
  m.add_field(field::date, "Date", std::string(10'000, 'x'));
  m.add_body("abc");
  m.begin(8);
  EXPECT_EQ(m.status(), 0);
  EXPECT_EQ(m.reason(), "");
  EXPECT_EQ(m.count_fields(), 0u);
  EXPECT_EQ(m.find(field::date).data(), nullptr);
  EXPECT_FALSE(m.is_cut());
  m.add_body("abc");
  EXPECT_EQ(m.take_body(), "abc");
}

}  // namespace
}  // namespace sluice::io
