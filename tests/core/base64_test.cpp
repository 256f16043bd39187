#include "core/base64.hpp"

#include <gtest/gtest.h>

namespace sluice::core {
namespace {

TEST(base64, is_that_of_the_rfc_and_back) {
  const struct {
    std::string bytes, text;
  } table[]{{"", ""},
            {"f", "Zg=="},
            {"fo", "Zm8="},
            {"foo", "Zm9v"},
            {"foob", "Zm9vYg=="},
            {"fooba", "Zm9vYmE="},
            {"foobar", "Zm9vYmFy"},
            {"\xff\xfe", "//4="}};
  for (const auto& t : table) {
    EXPECT_EQ(base64(t.bytes), t.text);
    EXPECT_EQ(from_base64(t.text), t.bytes);
  }
}

TEST(base64, anything_else_is_nothing) {
  for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Z?==", "=", "====", "Zm9v\n", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace sluice::core
