#include "sink/intake.hpp"
#include "sink/scratch.hpp"

#include "support/hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>

namespace sink {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string type = "multipart/form-data; boundary=B";
const std::string begin =
    "--B\r\nContent-Disposition: form-data; name=\"m\"\r\n\r\nx\r\n"
    "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../a b\"\r\nContent-Type: a/b\r\n\r\n";
const std::string end = "\r\n--B--\r\n";

bool feed(intake& in, std::string_view piece) {
  while (!piece.empty())
    if (!in.take(piece)) return false;
  return true;
}

TEST(intake, gathers_what_the_ledger_needs) {
  intake in{true, ""};
  for (int turn = 0; turn < 2; ++turn) {
    in.begin(1, type);
    EXPECT_FALSE(in.file_begun());
    EXPECT_EQ(in.name(), "");
    ASSERT_TRUE(feed(in, begin + "ab"));
    EXPECT_TRUE(in.file_begun());
    EXPECT_EQ(in.digest(), "") << "the file is not whole";
    ASSERT_TRUE(feed(in, "c"));
    ASSERT_TRUE(feed(in, end));
    ASSERT_TRUE(in.finish());
    EXPECT_TRUE(in.file_whole());
    EXPECT_EQ(in.name(), "../a b");
    EXPECT_EQ(in.type(), "a/b");
    EXPECT_EQ(in.size(), 3u);
    EXPECT_THAT(in.fields(), ElementsAre(name_value{"m", "x"}));
    EXPECT_EQ(support::hex(in.digest()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  }
}

TEST(intake, stops_where_the_content_begins) {
  intake in{true, ""};
  in.begin(1, type);
  const std::string body = begin + "abc" + end;
  std::string_view piece{body};
  ASSERT_TRUE(in.take(piece));
  EXPECT_TRUE(in.file_begun());
  EXPECT_EQ(piece, "abc" + end);
  ASSERT_TRUE(in.take(piece));
  EXPECT_TRUE(in.file_whole());
  EXPECT_EQ(piece, "");
}

TEST(intake, does_not_hash_when_told_not_to) {
  intake in{false, ""};
  in.begin(1, type);
  ASSERT_TRUE(feed(in, begin + "abc" + end));
  EXPECT_EQ(in.digest(), "");
  EXPECT_EQ(in.size(), 3u);
}

TEST(intake, refuses_a_body_it_cannot_read) {
  intake in{true, ""};
  in.begin(1, "text/plain");
  EXPECT_FALSE(feed(in, "x"));
  EXPECT_THAT(in.reason(), HasSubstr("Content-Type"));
  in.begin(2, "text/plain");
  EXPECT_FALSE(in.finish());
  in.begin(3, type);
  EXPECT_FALSE(feed(in, "x"));
  EXPECT_THAT(in.reason(), HasSubstr("boundary"));
  in.begin(4, type);
  EXPECT_TRUE(feed(in, begin));
  EXPECT_FALSE(in.finish());
  EXPECT_THAT(in.reason(), HasSubstr("ends before"));
}

TEST(intake, stores_a_file_only_when_it_is_committed) {
  scratch dir;
  intake in{true, dir.path()};
  in.begin(1, type);
  ASSERT_TRUE(feed(in, begin + "abc" + end));
  EXPECT_EQ(in.commit(), "00000001-.._a_b");
  EXPECT_EQ(content_of(dir / "00000001-.._a_b"), "abc");

  in.begin(2, type);
  ASSERT_TRUE(feed(in, begin + "abc"));
  in.begin(3, type);
  EXPECT_EQ(in.commit(), "") << "no file was begun";
  const std::filesystem::directory_iterator first{dir.path()}, last;
  EXPECT_EQ(std::distance(first, last), 1);
}

TEST(intake, takes_a_raw_body_for_the_file_that_its_path_names) {
  scratch dir;
  intake in{true, dir.path()};
  in.begin_raw(1, "a/b", "/in/2026/a%20b%2Fc%zz?x=/y");
  EXPECT_TRUE(in.file_begun());
  EXPECT_EQ(in.name(), "a b/c%zz");
  EXPECT_EQ(in.type(), "a/b");
  ASSERT_TRUE(feed(in, "--B\r\n"));
  ASSERT_TRUE(feed(in, "x"));
  EXPECT_FALSE(in.file_whole());
  ASSERT_TRUE(in.finish());
  EXPECT_TRUE(in.file_whole());
  EXPECT_EQ(in.size(), 6u);
  EXPECT_TRUE(in.fields().empty());
  EXPECT_EQ(content_of(dir / std::string{in.commit()}), "--B\r\nx");
  in.begin(2, type);
  EXPECT_EQ(in.name(), "") << "a form is one again";
}

}  // namespace
}  // namespace sink
