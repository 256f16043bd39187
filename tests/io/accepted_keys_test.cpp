#include "support/loop_scratch.hpp"

#include "core/http/idempotency_key.hpp"
#include "io/disk/accepted_keys.hpp"
#include "io/disk/log_file.hpp"
#include "support/log_text.hpp"

#include <sluice/result.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace sluice::io {
namespace {

std::string line(const std::string& key, fate f = fate::accepted) {
  file_record r;
  r.path = "some/path", r.key = key, r.fate = f;
  return to_json(r) + "\n";
}

constexpr core::sip_key secret{1, 2};

// A key's first half is what it is told by.
const std::string one = core::random_key(1ull << 40, 1), two = core::random_key(2ull << 40, 2),
                  three = core::random_key(3ull << 40, 3);

/// The file of line(key).
core::logged_file file(const std::string& key) { return {"some/path", 0, 0, key}; }

error_code read_into(accepted_keys& keys, const std::filesystem::path& log) {
  error_code ec;
  auto from = log_file::open(log, ec);
  return ec ? ec : support::read_log(std::move(from), keys);
}

class accepted_keys_test : public testing::Test {
 protected:
  error_code read(const std::string& log) { return read_into(keys_, dir_.write("log", log)); }

  loop::scratch dir_;
  accepted_keys keys_{secret};
};

TEST_F(accepted_keys_test, a_missing_log_is_an_empty_one) {
  EXPECT_FALSE(read_into(keys_, dir_ / "none"));
  EXPECT_FALSE(read(""));
  EXPECT_EQ(keys_.size(), 0u);
  EXPECT_FALSE(keys_.contains(file(one)));
}

TEST_F(accepted_keys_test, what_cannot_be_read_is_an_error) {
  EXPECT_TRUE(read_into(keys_, dir_.path()).failed());
  dir_.write("file");
  EXPECT_EQ(read_into(keys_, dir_ / "file/log").value(), ENOTDIR);
}

TEST_F(accepted_keys_test, has_the_files_the_server_has) {
  for (const auto f : {fate::accepted, fate::undeletable, fate::rejected, fate::deferred, fate::changed,
                       fate::vanished, fate::skipped}) {
    accepted_keys keys{secret};
    EXPECT_FALSE(read_into(keys, dir_.write("log", line(one, f) + line(two))));
    EXPECT_EQ(keys.contains(file(one)), f == fate::accepted || f == fate::undeletable) << to_string(f);
    EXPECT_TRUE(keys.contains(file(two)));
    EXPECT_FALSE(keys.contains(file(three)));
  }
}

// A watch that was killed right before it removed a file left it where it was for ever.
TEST_F(accepted_keys_test, has_no_file_that_was_to_be_taken_away_unless_that_failed) {
  for (const auto disposal : {disposed::deleted, disposed::moved}) {
    file_record gone;
    gone.path = "some/path", gone.key = one, gone.fate = fate::accepted, gone.disposal = disposal;
    const auto announced = to_json(gone) + "\n";
    accepted_keys before{secret}, after{secret};
    EXPECT_FALSE(read_into(before, dir_.write("log", announced)));
    EXPECT_FALSE(before.contains(file(one)));
    EXPECT_FALSE(read_into(after, dir_.write("log", announced + line(one, fate::undeletable))));
    EXPECT_TRUE(after.contains(file(one)));
  }
}

TEST_F(accepted_keys_test, any_modification_time_can_be_kept) {
  using limits = std::numeric_limits<std::int64_t>;
  for (const auto mtime : {limits::min(), limits::min() + 1, std::int64_t{-1}, limits::max()}) {
    accepted_keys keys{secret};
    keys.add({"some/path", 7, mtime, one});
    EXPECT_TRUE(keys.contains({"some/path", 7, mtime, one})) << mtime;
    EXPECT_FALSE(keys.contains({"some/path", 7, mtime ^ 1, one})) << mtime;
  }
}

TEST_F(accepted_keys_test, one_fate_of_many_is_enough) {
  EXPECT_FALSE(
      read(line(one) + line(two, fate::deferred) + line(one, fate::undeletable) + line(two) + line(two)));
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(file(one)) && keys_.contains(file(two)));
}

// A crash, or a full disk, cuts the last line wherever it likes: at worst it is sent again.
TEST_F(accepted_keys_test, a_line_torn_anywhere_costs_that_line_only) {
  const auto whole = line(one), torn = line(two);
  for (std::size_t size = 0; size + 2 < torn.size(); ++size) {
    accepted_keys keys{secret};
    EXPECT_FALSE(read_into(keys, dir_.write("log", whole + torn.substr(0, size) + "\n" + line(three))));
    EXPECT_EQ(keys.size(), 2u) << size;
    EXPECT_TRUE(keys.contains(file(one)) && keys.contains(file(three))) << size;
  }
  EXPECT_FALSE(read(whole + torn.substr(0, torn.size() - 1)));
  EXPECT_TRUE(keys_.contains(file(two))) << "only its end is missing";
}

TEST_F(accepted_keys_test, junk_is_passed_over) {
  std::string junk{
      "\n\n{}\n[]\nnull\n\"text\"\n{\"v\":1}\n{\"v\":1,\"key\":5,\"fate\":\"accepted\"}\n\xff\xfe\n"};
  junk += "{\"v\":2,\"key\":\"" + two + "\",\"fate\":\"accepted\"}\n";
  junk += "{\"v\":1,\"key\":\"" + two + "\",\"fate\":\"eaten\"}\n";
  junk += std::string(3, '\0') + "\n" + std::string(1'000'000, '[') + "\n";
  EXPECT_FALSE(read(line(one) + junk + line(three)));
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(file(one)) && keys_.contains(file(three)));
}

TEST_F(accepted_keys_test, a_copy_is_alike_and_not_the_same) {
  file_record r;
  r.path = "caf\xe9", r.size = 5, r.mtime_ns = 1'700'000'000'123'456'789, r.key = one,
  r.fate = fate::accepted;
  EXPECT_FALSE(read(to_json(r) + "\n"));
  const core::logged_file copy{"caf\xe9", 5, 1'700'000'000'123'456'789, two};
  EXPECT_FALSE(keys_.contains(copy));
  EXPECT_EQ(keys_.alike(copy), 1u);
  EXPECT_EQ(keys_.alike({"caf\xe8", 5, 1'700'000'000'123'456'789, two}), 0u);
  EXPECT_EQ(keys_.alike({"caf\xe9", 6, 1'700'000'000'123'456'789, two}), 0u);
  EXPECT_EQ(keys_.alike({"caf\xe9", 5, 1'700'000'000'123'456'790, two}), 0u) << "a nanosecond counts";
  r.key = three;
  EXPECT_FALSE(read(to_json(r) + "\n"));
  EXPECT_EQ(keys_.alike(copy), 2u);
}

// Programs such as tar restore times like this.
TEST_F(accepted_keys_test, a_copy_with_whole_seconds_is_alike_too) {
  file_record r;
  r.path = "a", r.size = 5, r.fate = fate::accepted, r.key = one;
  for (const std::int64_t seconds : {1'700'000'000, -1'700'000'000}) {
    accepted_keys keys{secret};
    r.mtime_ns = seconds * 1'000'000'000 + 123'456'789;
    EXPECT_FALSE(read_into(keys, dir_.write("log", to_json(r) + "\n")));
    EXPECT_EQ(keys.alike({"a", 5, seconds * 1'000'000'000, two}), 1u);
    EXPECT_EQ(keys.alike({"a", 5, seconds * 1'000'000'000 + 123'456'000, two}), 0u);
    EXPECT_EQ(keys.alike({"a", 5, (seconds + 1) * 1'000'000'000, two}), 0u);
  }
}

TEST_F(accepted_keys_test, knows_the_bytes_of_what_could_not_be_taken_away) {
  file_record r;
  r.path = "a", r.key = one, r.fate = fate::undeletable, r.digest = 0xfedcba9876543210;
  EXPECT_FALSE(read(to_json(r) + "\n" + line(two, fate::undeletable)));
  EXPECT_EQ(keys_.digest_of_kept({"a", 0, 0, one}), 0xfedcba9876543210);
  EXPECT_EQ(keys_.digest_of_kept({"a", 0, 0, two}), std::nullopt);
}

TEST_F(accepted_keys_test, what_this_run_added_knows_no_copies) {
  keys_.add(file(one));
  EXPECT_TRUE(keys_.contains(file(one)));
  EXPECT_EQ(keys_.alike(file(one)), 0u);
  EXPECT_FALSE(keys_.contains(file(two)));
}

TEST_F(accepted_keys_test, the_tag_of_a_key_counts) {
  const std::string key = "01234567-89ab-5cde-8fab-0123456789ab";
  EXPECT_FALSE(read(line(key)));
  EXPECT_TRUE(keys_.contains(file(key)));
  EXPECT_TRUE(keys_.contains(file("0123456789ab5cde8fab0123456789ab"))) << "dashes carry nothing";
  for (std::size_t i = 0; i < 7; ++i) {
    auto other = key;
    other[i] = key[i] == 'f' ? 'e' : 'f';
    EXPECT_FALSE(keys_.contains(file(other))) << other;
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
  for (const auto& key : odd) EXPECT_FALSE(keys_.contains(file(key))) << key;
}

TEST_F(accepted_keys_test, finds_each_of_many) {
  std::string log;
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < 2000; ++i) all.push_back(core::random_key(i * 0x9e3779b97f4a7c15, i));
  for (const auto& key : all) log += line(key);
  EXPECT_FALSE(read(log));
  EXPECT_EQ(keys_.size(), all.size());
  for (const auto& key : all) EXPECT_TRUE(keys_.contains(file(key)));
}

TEST_F(accepted_keys_test, keys_of_this_run_are_added) {
  read(line(one));
  keys_.add(file(two));
  keys_.add(file(two));
  keys_.add(file("no key"));
  EXPECT_EQ(keys_.size(), 2u);
  EXPECT_TRUE(keys_.contains(file(one)) && keys_.contains(file(two)));
  EXPECT_FALSE(keys_.contains(file(three)));
  for (std::uint64_t i = 0; i < 5000; ++i) keys_.add(file(core::random_key(i * 0x9e3779b97f4a7c15, i)));
  EXPECT_EQ(keys_.size(), 5002u);
  for (std::uint64_t i = 0; i < 5000; ++i)
    EXPECT_TRUE(keys_.contains(file(core::random_key(i * 0x9e3779b97f4a7c15, i))));
}

}  // namespace
}  // namespace sluice::io
