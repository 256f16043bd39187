#include "support/loop_scratch.hpp"

#include "core/idempotency_key.hpp"
#include "io/record_log.hpp"

#include <sluice/result.hpp>

#include <gtest/gtest.h>

namespace sluice::io {
namespace {

std::string line(const std::string& key, fate f = fate::accepted) {
  file_record r;
  r.path = "some/path", r.key = key, r.fate = f;
  return to_json(r) + "\n";
}

const std::string one = core::random_key(1, 1), two = core::random_key(2, 2), three = core::random_key(3, 3);

class accepted_keys_test : public testing::Test {
 protected:
  error_code read(const std::string& log) { return keys_.read(dir_.write("log", log)); }

  loop::scratch dir_;
  accepted_keys keys_;
};

TEST_F(accepted_keys_test, a_missing_log_is_an_empty_one) {
  EXPECT_FALSE(keys_.read(dir_ / "none"));
  EXPECT_FALSE(read(""));
  EXPECT_EQ(keys_.size(), 0u);
  EXPECT_FALSE(keys_.contains(one));
}

TEST_F(accepted_keys_test, what_cannot_be_read_is_an_error) {
  EXPECT_TRUE(keys_.read(dir_.path()).failed());
  dir_.write("file");
  EXPECT_EQ(keys_.read(dir_ / "file/log").value(), ENOTDIR);
}

TEST_F(accepted_keys_test, has_the_files_the_server_has) {
  for (const auto f : {fate::accepted, fate::undeletable, fate::rejected, fate::deferred, fate::changed,
                       fate::vanished, fate::skipped}) {
    accepted_keys keys;
    EXPECT_FALSE(keys.read(dir_.write("log", line(one, f) + line(two))));
    EXPECT_EQ(keys.contains(one), f == fate::accepted || f == fate::undeletable) << to_string(f);
    EXPECT_TRUE(keys.contains(two));
    EXPECT_FALSE(keys.contains(three));
  }
}

// A watch that was killed right before it removed a file left it where it was for ever.
TEST_F(accepted_keys_test, has_no_file_that_was_to_be_taken_away_unless_that_failed) {
  for (const auto* disposal : {"deleted", "moved"}) {
    file_record gone;
    gone.path = "some/path", gone.key = one, gone.fate = fate::accepted, gone.disposal = disposal;
    const auto announced = to_json(gone) + "\n";
    accepted_keys before, after;
    EXPECT_FALSE(before.read(dir_.write("log", announced)));
    EXPECT_FALSE(before.contains(one));
    EXPECT_FALSE(after.read(dir_.write("log", announced + line(one, fate::undeletable))));
    EXPECT_TRUE(after.contains(one));
  }
}

TEST_F(accepted_keys_test, one_fate_of_many_is_enough) {
  EXPECT_FALSE(
      read(line(one) + line(two, fate::deferred) + line(one, fate::undeletable) + line(two) + line(two)));
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(one) && keys_.contains(two));
}

// A crash, or a full disk, cuts the last line wherever it likes: at worst it is sent again.
TEST_F(accepted_keys_test, a_line_torn_anywhere_costs_that_line_only) {
  const auto whole = line(one), torn = line(two);
  for (std::size_t size = 0; size + 2 < torn.size(); ++size) {
    accepted_keys keys;
    EXPECT_FALSE(keys.read(dir_.write("log", whole + torn.substr(0, size) + "\n" + line(three))));
    EXPECT_EQ(keys.size(), 2u) << size;
    EXPECT_TRUE(keys.contains(one) && keys.contains(three)) << size;
  }
  EXPECT_FALSE(read(whole + torn.substr(0, torn.size() - 1)));
  EXPECT_TRUE(keys_.contains(two)) << "only its end is missing";
}

TEST_F(accepted_keys_test, junk_is_passed_over) {
  std::string junk{
      "\n\n{}\n[]\nnull\n\"text\"\n{\"v\":1}\n{\"v\":1,\"key\":5,\"fate\":\"accepted\"}\n\xff\xfe\n"};
  junk += "{\"v\":2,\"key\":\"" + two + "\",\"fate\":\"accepted\"}\n";
  junk += "{\"v\":1,\"key\":\"" + two + "\",\"fate\":\"eaten\"}\n";
  junk += std::string(3, '\0') + "\n" + std::string(1'000'000, '[') + "\n";
  EXPECT_FALSE(read(line(one) + junk + line(three)));
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(one) && keys_.contains(three));
}

TEST_F(accepted_keys_test, every_one_of_the_sixteen_bytes_counts) {
  const std::string key = "01234567-89ab-5cde-8fab-0123456789ab";
  EXPECT_FALSE(read(line(key)));
  EXPECT_TRUE(keys_.contains(key));
  EXPECT_TRUE(keys_.contains("0123456789ab5cde8fab0123456789ab")) << "dashes carry nothing";
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '-') continue;
    auto other = key;
    other[i] = key[i] == 'f' ? 'e' : 'f';
    EXPECT_FALSE(keys_.contains(other)) << other;
  }
}

TEST_F(accepted_keys_test, what_is_no_key_is_never_contained) {
  const std::vector<std::string> odd{"",
                                     "0",
                                     "--",
                                     "01234567-89ab-5cde-8fab-0123456789a",
                                     "01234567-89ab-5cde-8fab-0123456789abc",
                                     "01234567-89AB-5CDE-8FAB-0123456789AB",
                                     "01234567-89ab-5cde-8fab-0123456789ag",
                                     std::string(36, '\0')};
  std::string log;
  for (const auto& key : odd) log += line(key);
  EXPECT_FALSE(read(log + line(one)));
  EXPECT_EQ(keys_.size(), 1u);
  for (const auto& key : odd) EXPECT_FALSE(keys_.contains(key)) << key;
}

TEST_F(accepted_keys_test, finds_each_of_many) {
  std::string log;
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < 2000; ++i) all.push_back(core::random_key(i * 0x9e3779b97f4a7c15, i));
  for (const auto& key : all) log += line(key);
  EXPECT_FALSE(read(log));
  EXPECT_EQ(keys_.size(), all.size());
  for (const auto& key : all) EXPECT_TRUE(keys_.contains(key));
}

TEST_F(accepted_keys_test, keys_of_this_run_are_added) {
  read(line(one));
  keys_.add(two);
  keys_.add(two);
  keys_.add("no key");
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(one) && keys_.contains(two));
  EXPECT_FALSE(keys_.contains(three));
  for (std::uint64_t i = 0; i < 5000; ++i) keys_.add(core::random_key(i * 0x9e3779b97f4a7c15, i));
  EXPECT_EQ(keys_.size(), 5002u);
  for (std::uint64_t i = 0; i < 5000; ++i)
    EXPECT_TRUE(keys_.contains(core::random_key(i * 0x9e3779b97f4a7c15, i)));
}

}  // namespace
}  // namespace sluice::io
