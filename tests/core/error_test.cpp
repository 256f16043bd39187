#include <sluice/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

using boost::system::error_code;
using sluice::condition;
using sluice::errc;

namespace {

constexpr int last_errc = static_cast<int>(errc::sidecar_missing);
constexpr condition all_conditions[] = {condition::transient, condition::timeout, condition::rejected,
                                        condition::fatal};

std::vector<errc> all_errors() {
  std::vector<errc> all;
  for (int i = 1; i <= last_errc; ++i) all.push_back(static_cast<errc>(i));
  return all;
}

error_code os_error(int number) { return {number, boost::system::system_category()}; }

TEST(Error, EveryErrorHasAMessageOfItsOwn) {
  std::set<std::string> messages;
  for (const errc e : all_errors()) {
    const auto text = error_code{e}.message();
    EXPECT_EQ(text.find("unknown"), std::string::npos) << static_cast<int>(e);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    messages.insert(text);
  }
  EXPECT_EQ(messages.size(), all_errors().size());
}

TEST(Error, ANumberThatIsNoErrorSaysSo) {
  EXPECT_EQ(sluice::error_category().message(last_errc + 1),
            "unknown error " + std::to_string(last_errc + 1));
  EXPECT_EQ(sluice::error_category().message(0), "unknown error 0");
  EXPECT_EQ(sluice::condition_category().message(99), "unknown error 99");
  for (const auto c : all_conditions) EXPECT_FALSE((error_code{-1, sluice::error_category()} == c));
}

TEST(Error, CodesAndConditionsConvertByThemselves) {
  const error_code code = errc::stalled;
  EXPECT_TRUE(code.failed());
  EXPECT_STREQ(code.category().name(), "sluice");
  EXPECT_TRUE(code == errc::stalled);
  EXPECT_FALSE(code == errc::attempt_timeout);
  std::set<std::string> messages;
  for (const boost::system::error_condition wanted : all_conditions) {
    EXPECT_STREQ(wanted.category().name(), "sluice.condition");
    messages.insert(wanted.message());
  }
  EXPECT_EQ(messages.size(), std::size(all_conditions));
  EXPECT_TRUE(messages.contains("no upload to this endpoint can succeed as configured"));
}

TEST(Error, AnErrorIsTransientRejectedFatalOrNoneOfThem) {
  for (const errc e : all_errors()) {
    const error_code code = e;
    const int kinds =
        (code == condition::transient) + (code == condition::rejected) + (code == condition::fatal);
    EXPECT_LE(kinds, 1) << code.message();
    if (code == condition::timeout) {
      EXPECT_TRUE(code == condition::transient) << code.message();
    }
  }
}

TEST(Error, EachConditionHasItsErrors) {
  const std::set<errc> timeouts{errc::connect_timeout, errc::stalled, errc::attempt_timeout,
                                errc::out_of_time, errc::reply_timeout};
  const std::set<errc> rejected{errc::refused_status, errc::refused_body};
  const std::set<errc> fatal{errc::tls_identity,    errc::tls_pin_mismatch, errc::tls_client_refused,
                             errc::auth_refused,    errc::redirected,       errc::refused,
                             errc::refused_request, errc::proxy_identity,   errc::proxy_auth_refused,
                             errc::proxy_refused};
  const std::set<errc> none{
      errc::file_vanished, errc::not_a_regular_file, errc::not_selected,      errc::already_accepted,
      errc::dry_run,       errc::too_many_errors,    errc::source_unreadable, errc::record_failed,
      errc::not_removable, errc::body_spent,         errc::file_missing,      errc::listed_twice,
      errc::unconfirmed,   errc::unsendable};
  for (const errc e : all_errors()) {
    const error_code code = e;
    EXPECT_EQ(code == condition::timeout, timeouts.contains(e)) << code.message();
    EXPECT_EQ(code == condition::rejected, rejected.contains(e)) << code.message();
    EXPECT_EQ(code == condition::fatal, fatal.contains(e)) << code.message();
    EXPECT_EQ(code == condition::transient, !rejected.contains(e) && !fatal.contains(e) && !none.contains(e))
        << code.message();
  }
}

TEST(Error, WhatTheNetworkDoesInPassingIsTransient) {
  for (const int number : {ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EMFILE,
                           ENFILE, ENOBUFS, ENOMEM, EAGAIN})
    EXPECT_TRUE(os_error(number) == condition::transient) << number;
  for (const int number : {ENOENT, EACCES, EINVAL, ENOSPC, ECANCELED})
    EXPECT_FALSE(os_error(number) == condition::transient) << number;
  for (const int number : {ECONNREFUSED, ETIMEDOUT, ENOENT})
    for (const auto c : {condition::timeout, condition::rejected, condition::fatal})
      EXPECT_FALSE(os_error(number) == c) << number;
}

TEST(Error, SuccessIsNoCondition) {
  for (const auto c : all_conditions) EXPECT_FALSE(error_code{} == c);
}

}  // namespace
