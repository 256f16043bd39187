#include "io/net/address_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::io {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;

std::vector<address_book::address> endpoints(const std::vector<std::string>& texts, std::uint16_t port = 0) {
  std::vector<address_book::address> all;
  for (const auto& t : texts) all.emplace_back(boost::asio::ip::make_address(t), port);
  return all;
}

TEST(interleave, takes_the_families_in_turn) {
  const auto expect = [](const std::vector<std::string>& in, const std::vector<std::string>& out) {
    EXPECT_THAT(interleave(endpoints(in)), ElementsAreArray(endpoints(out)));
  };
  expect({}, {});
  expect({"10.0.0.1"}, {"10.0.0.1"});
  expect({"::1", "::2", "10.0.0.1", "10.0.0.2"}, {"::1", "10.0.0.1", "::2", "10.0.0.2"});
  expect({"10.0.0.1", "::1", "::2", "::3"}, {"10.0.0.1", "::1", "::2", "::3"});
  expect({"10.0.0.1", "10.0.0.2", "::1"}, {"10.0.0.1", "::1", "10.0.0.2"});
}

class address_book_test : public testing::Test {
 protected:
  void expect(bool spread, const std::vector<std::string>& out) {
    EXPECT_THAT(book_.ranked(endpoints(all_), spread, now_), ElementsAreArray(endpoints(out)));
  }
  static address_book::address at(const std::string& text, std::uint16_t port = 0) {
    return {boost::asio::ip::make_address(text), port};
  }

  address_book book_;
  core::steady_time now_{};
  std::vector<std::string> all_{"10.0.0.1", "10.0.0.2", "10.0.0.3"};
};

TEST_F(address_book_test, keeps_the_order_of_what_is_not_known) {
  expect(false, all_);
  expect(true, all_);
}

TEST_F(address_book_test, address_that_failed_is_asked_last_for_a_minute) {
  book_.failed(at("10.0.0.1"), now_);
  const std::vector<std::string> last{"10.0.0.2", "10.0.0.3", "10.0.0.1"};
  expect(false, last);
  expect(true, last);
  now_ += 60s - 1ns;
  expect(false, last);
  now_ += 1ns;
  expect(false, all_);
}

TEST_F(address_book_test, address_that_failed_again_is_remembered_anew) {
  book_.failed(at("10.0.0.1"), now_);
  now_ += 59s;
  book_.failed(at("10.0.0.1"), now_);
  now_ += 59s;
  expect(false, {"10.0.0.2", "10.0.0.3", "10.0.0.1"});
}

TEST_F(address_book_test, address_that_works_is_forgiven) {
  book_.failed(at("10.0.0.1"), now_);
  book_.worked(at("10.0.0.1"));
  expect(false, all_);
}

TEST_F(address_book_test, when_all_are_bad_they_stand_as_they_were) {
  for (const auto& a : {"10.0.0.3", "10.0.0.1", "10.0.0.2"}) book_.failed(at(a), now_);
  expect(false, all_);
}

TEST_F(address_book_test, ports_are_told_apart) {
  book_.failed(at("10.0.0.1", 443), now_);
  expect(false, all_);
}

TEST_F(address_book_test, bad_ones_come_after_both_families) {
  all_ = {"::1", "::2", "10.0.0.1", "10.0.0.2"};
  book_.failed(at("::1"), now_);
  expect(false, {"::2", "10.0.0.1", "10.0.0.2", "::1"});
}

TEST_F(address_book_test, spread_goes_where_the_fewest_are_open) {
  book_.opened(at("10.0.0.1"));
  expect(false, all_);
  expect(true, {"10.0.0.2", "10.0.0.3", "10.0.0.1"});
  book_.opened(at("10.0.0.2"));
  expect(true, {"10.0.0.3", "10.0.0.1", "10.0.0.2"});
  book_.opened(at("10.0.0.3"));
  expect(true, all_);
  book_.opened(at("10.0.0.1"));
  book_.closed(at("10.0.0.3"));
  expect(true, {"10.0.0.3", "10.0.0.2", "10.0.0.1"});
}

TEST_F(address_book_test, bad_address_is_last_however_empty_it_is) {
  book_.failed(at("10.0.0.3"), now_);
  book_.opened(at("10.0.0.1"));
  book_.opened(at("10.0.0.2"));
  expect(true, {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
}

TEST_F(address_book_test, closing_what_was_not_opened_changes_nothing) {
  book_.closed(at("10.0.0.1"));
  book_.opened(at("10.0.0.1"));
  expect(true, {"10.0.0.2", "10.0.0.3", "10.0.0.1"});
}

}  // namespace
}  // namespace sluice::io
