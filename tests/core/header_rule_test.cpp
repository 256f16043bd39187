#include "core/http/header_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::core {
namespace {

using testing::HasSubstr;

const digests md5_of_abc = [] {
  digests d;
  d[digest_kind::md5] = "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72";
  return d;
}();
const template_values three_bytes{.path = "a.jpg", .size = 3, .digests = &md5_of_abc};

finding answer_of(std::string_view rule, const reply_fields& fields) {
  return header_rule::parse(rule).value().ask(fields, three_bytes);
}

TEST(header_rule, compares_a_digest_with_what_the_server_says) {
  using enum finding::answer;
  const auto* const rule = R"(ETag="{md5}")";
  EXPECT_EQ(answer_of(rule, {{"ETag", R"("900150983cd24fb0d6963f7d28e17f72")"}}).what, holds);
  EXPECT_EQ(answer_of(rule, {{"etag", "900150983CD24FB0D6963F7D28E17F72"}}).what, holds);
  EXPECT_EQ(answer_of("ETag={md5}", {{"ETag", R"("900150983cd24fb0d6963f7d28e17f72")"}}).what, holds);
  EXPECT_EQ(answer_of(rule, {{"ETag", R"(W/"900150983cd24fb0d6963f7d28e17f72")"}}).what, disproves);
  EXPECT_EQ(answer_of(rule, {{"ETag", R"("900150983cd24fb0d6963f7d28e17f7")"}}).what, disproves);
  EXPECT_EQ(answer_of(rule, {{"ETag", ""}}).what, disproves);
  EXPECT_EQ(answer_of(rule, {}).what, silent);
  EXPECT_EQ(answer_of(rule, {{"X-ETag", "900150983cd24fb0d6963f7d28e17f72"}}).what, silent);
  const auto found = answer_of(rule, {{"ETag", "\"0\""}});
  EXPECT_EQ(found.ours, R"("900150983cd24fb0d6963f7d28e17f72")");
  EXPECT_EQ(found.theirs, "\"0\"");
}

TEST(header_rule, finds_its_value_in_a_list_and_in_repeated_fields) {
  using enum finding::answer;
  const auto* const rule = "Repr-Digest=md5=:{md5:base64}:";
  const std::string ours = "md5=:kAFQmDzST7DWlj99KOF/cg==:";
  EXPECT_EQ(answer_of(rule, {{"Repr-Digest", ours}}).what, holds);
  EXPECT_EQ(answer_of(rule, {{"Repr-Digest", "sha-256=:AA==:, " + ours}}).what, holds);
  EXPECT_EQ(answer_of(rule, {{"Repr-Digest", "sha-256=:AA==:"}, {"Repr-Digest", ours}}).what, holds);
  EXPECT_EQ(answer_of(rule, {{"Repr-Digest", "sha-256=:AA==:"}}).what, disproves);
  EXPECT_EQ(answer_of("Content-MD5={md5:base64}", {{"Content-MD5", "kafqMdzst7dwLJ99kof/CG=="}}).what,
            disproves);
}

TEST(header_rule, compares_words_and_sizes) {
  using enum finding::answer;
  EXPECT_EQ(answer_of("X-Stored=yes", {{"x-stored", " yes "}}).what, holds);
  EXPECT_EQ(answer_of("X-Stored=yes", {{"X-Stored", "no"}}).what, differs);
  EXPECT_EQ(answer_of("X-Stored=yes", {}).what, differs);
  EXPECT_EQ(answer_of("X-Size={size}", {{"X-Size", "3"}}).what, holds);
  EXPECT_EQ(answer_of("X-Size={size}", {{"X-Size", "4"}}).what, disproves);
  EXPECT_EQ(answer_of("X-Size={size}", {}).what, silent);
  EXPECT_EQ(answer_of("X-Name={name}", {{"X-Name", "b.jpg"}}).what, differs);
}

TEST(header_rule, says_what_would_work) {
  for (const auto text : {"", "=", "ETag", "=x", "a b=x", "(a)=x", "a\n=x"})
    EXPECT_THAT(header_rule::parse(text).error().what, HasSubstr("write 'ETag=\"{md5}\"'")) << text;
  EXPECT_THAT(header_rule::parse("ETag={md6}").error().what, HasSubstr("unknown template {md6}"));
  EXPECT_TRUE(header_rule::parse("ETag={md5}").value().digests().contains(digest_kind::md5));
  EXPECT_EQ(header_rule::parse("ETag = {md5}").value().text(), "ETag = {md5}");
  EXPECT_EQ(header_rule::parse("ETag = {md5}").value().name(), "ETag");
}

}  // namespace
}  // namespace sluice::core
