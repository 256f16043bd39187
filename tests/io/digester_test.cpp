#include "io/digester.hpp"

#include "support/hex.hpp"

#include <sluice/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdio>
#include <cstring>
#include <string>

namespace sluice::io {
namespace {

using enum core::digest_kind;

core::digest_set everything() {
  core::digest_set all;
  for (const auto k : core::all_digests) all.add(k);
  return all;
}

/// A body in memory, whose bytes come when they are waited for.
class lazy_body final : public body {
 public:
  explicit lazy_body(std::string bytes) : bytes_{std::move(bytes)} {}
  std::uint64_t size() const noexcept override { return size_.value_or(bytes_.size()); }
  piece read_ready(std::uint64_t offset, std::span<char> into) override {
    if (error) return {error};
    if (!ready_ && offset % 2 == 0) return {asio::error::would_block};
    ready_ = false;
    const auto n = std::min({into.size(), bytes_.size() - offset, largest});
    std::memcpy(into.data(), bytes_.data() + offset, n);
    return {{}, n};
  }
  awaitable<void> wait_ready(std::uint64_t) override {
    ready_ = true, ++waits;
    co_return;
  }
  void say_size(std::uint64_t n) { size_ = n; }

  error_code error;
  std::size_t largest = 999;
  int waits = 0;

 private:
  std::string bytes_;
  std::optional<std::uint64_t> size_;
  bool ready_ = false;
};

struct reading {
  core::digests found;
  error_code error;
};
reading read_all(body& of, std::function<error_code()> why_not = [] { return error_code{}; }) {
  asio::io_context loop;
  const digest_methods methods;
  reading result;
  asio::co_spawn(loop, read_digests(of, methods, everything(), std::move(why_not), result.error),
                 [&](std::exception_ptr e, core::digests d) {
                   if (e) std::rethrow_exception(e);
                   result.found = std::move(d);
                 });
  loop.run();
  return result;
}

// The values are those of RFC 1321, RFC 3174, FIPS 180-4 and of gzip.
TEST(digester, computes_what_others_do_whatever_the_pieces) {
  const digest_methods methods;
  for (const auto k : core::all_digests) EXPECT_TRUE(methods.has(k)) << to_string(k);
  digester d{methods, everything()};
  for (int turn = 0; turn < 2; ++turn) {
    d.clear();
    for (const std::string_view piece : {"a", "", "bc"}) d.add(piece);
    EXPECT_EQ(d.size(), 3u);
    const auto abc = d.finish();
    EXPECT_EQ(support::hex(abc[md5]), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(support::hex(abc[sha1]), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(support::hex(abc[sha256]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_TRUE(support::hex(abc[sha512]).starts_with("ddaf35a193617abacc417349ae204131"));
    EXPECT_EQ(support::hex(abc[crc32]), "352441c2");
  }
  d.clear();
  const auto none = d.finish();
  EXPECT_EQ(support::hex(none[md5]), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(support::hex(none[crc32]), "00000000");
}

TEST(digester, computes_no_more_than_is_wanted) {
  const digest_methods methods;
  core::digest_set one;
  one.add(sha1);
  const auto found = digester{methods, one}.finish();
  for (const auto k : core::all_digests) EXPECT_EQ(found[k].empty(), k != sha1);
}

TEST(digested_body, has_the_digests_of_what_was_read_last_from_the_first_byte_to_the_last) {
  const digest_methods methods;
  lazy_body of{"abc"};
  digested_body b{of, methods, everything()};
  EXPECT_EQ(b.size(), 3u);
  std::array<char, 8> room{};
  const auto read_at = [&](std::uint64_t offset, std::size_t n) {
    asio::io_context loop;
    asio::co_spawn(loop, of.wait_ready(offset), asio::detached);
    loop.run();
    return b.read_ready(offset, std::span{room}.first(n)).size;
  };
  EXPECT_FALSE(b.take()) << "nothing was read";
  EXPECT_EQ(read_at(0, 2), 2u);
  EXPECT_FALSE(b.take()) << "not all of it";
  EXPECT_EQ(read_at(0, 1), 1u) << "another attempt";
  EXPECT_EQ(read_at(1, 8), 2u);
  const auto found = b.take();
  ASSERT_TRUE(found);
  EXPECT_EQ(support::hex((*found)[crc32]), "352441c2");
  lazy_body empty{""};
  EXPECT_EQ(support::hex((*digested_body{empty, methods, everything()}.take())[crc32]), "00000000");
}

TEST(read_digests, waits_for_bytes_and_reads_them_all) {
  lazy_body of{std::string(300'001, 'x')};
  const auto r = read_all(of);
  EXPECT_FALSE(r.error);
  EXPECT_GT(of.waits, 10);
  const digest_methods methods;
  digester d{methods, everything()};
  d.add(std::string(300'001, 'x'));
  EXPECT_TRUE(d.finish().agree_with(r.found));
}

TEST(read_digests, ends_with_the_bodys_error_and_when_it_is_told) {
  lazy_body bad{"abc"};
  bad.error = make_error_code(boost::system::errc::io_error);
  EXPECT_EQ(read_all(bad).error, boost::system::errc::io_error);
  lazy_body shorter{"abc"};
  shorter.say_size(4);
  EXPECT_EQ(read_all(shorter).error, errc::file_changed);
  lazy_body any{std::string(100'000, 'x')};
  int asked = 0;
  EXPECT_EQ(read_all(any, [&] { return ++asked < 3 ? error_code{} : error_code{errc::stopped}; }).error,
            errc::stopped);
  EXPECT_EQ(asked, 3);
}

TEST(digests, agree_where_both_have_one) {
  core::digests a, b;
  EXPECT_TRUE(a.agree_with(b));
  a[md5] = "1", b[sha1] = "2";
  EXPECT_TRUE(a.agree_with(b));
  b[md5] = "1";
  EXPECT_TRUE(a.agree_with(b));
  b[md5] = "2";
  EXPECT_FALSE(a.agree_with(b));
}

}  // namespace
}  // namespace sluice::io
