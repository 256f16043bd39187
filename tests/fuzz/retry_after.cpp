// Retry-After and the dates in it: `SECONDS SECONDS DATE\ VALUE`.
#include "core/pacing/retry.hpp"
#include "fuzz.hpp"

#include <algorithm>
#include <array>
#include <ctime>

using namespace sluice;
using std::chrono::seconds;

namespace {

constexpr std::int64_t hour = 3600;

std::string formatted(std::time_t t, const char* format) {
  std::tm tm{};
  gmtime_r(&t, &tm);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &tm)};
}

void check_value(const std::string& value, const std::string& date, core::wall_time now) {
  const auto wait = core::parse_retry_after(value, date, now);
  fuzz::require(!wait || (wait->count() >= 0 && wait->count() <= hour), "from nothing to an hour");
  const bool digits = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  if (digits) {
    const auto significant = value.substr(std::min(value.find_first_not_of('0'), value.size() - 1));
    const auto told = significant.size() > 4 ? hour : std::min<std::int64_t>(hour, std::stoi(significant));
    fuzz::require(wait && wait->count() == told, "digits are seconds");
  }
  const auto point = value.find_first_not_of("0123456789");
  auto behind = point == std::string::npos ? std::string{} : value.substr(point);
  if (behind.ends_with('s')) behind.pop_back();
  const bool fraction = point != std::string::npos && point > 0 &&
                        (behind.empty() || (behind.size() > 1 && behind.front() == '.' &&
                                            behind.find_first_not_of("0123456789", 1) == std::string::npos));
  fuzz::require(fraction || digits || !wait || core::parse_http_date(value),
                "neither seconds nor a date, and yet a wait");
  fuzz::require(!fraction || wait, "seconds with a fraction, or with an s");
}

/// All three forms that RFC 9110 knows, written by the C library.
void check_dates(std::time_t until, std::time_t from) {
  constexpr const char* fixdate = "%a, %d %b %Y %H:%M:%S GMT";
  const auto date = formatted(from, fixdate);
  for (const char* format : {fixdate, "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    const auto text = formatted(until, format);
    const auto read = core::parse_http_date(text);
    fuzz::require(read && *read == core::wall_time{seconds{until}}, "a date is read as it was written");
    const auto wait = core::parse_retry_after(text, date, {});
    const auto apart = until - from;
    fuzz::require(wait.has_value() == (apart >= 0), "a date that has passed is no wait");
    fuzz::require(!wait || wait->count() == std::min<std::int64_t>(apart, hour), "a wait until the date");
    const auto by_clock = core::parse_retry_after(text, "", core::wall_time{seconds{from}});
    fuzz::require(by_clock == wait, "without Date our own clock");
    fuzz::require(!core::parse_http_date(text.substr(0, text.size() - 1)), "a date that was cut off is none");
    fuzz::require(!core::parse_http_date(text + "0"), "nothing may follow a date");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  constexpr std::time_t end_of_2069 = 3155759999;  // two digits of a year reach so far
  const auto until = static_cast<std::time_t>(in.number() % (end_of_2069 + 1));
  const auto from = static_cast<std::time_t>(in.number() % (end_of_2069 + 1));
  const auto date = in.text();
  const std::string value{in.rest()};
  check_value(value, date, core::wall_time{seconds{from}});
  check_dates(until, from);
  return 0;
}
