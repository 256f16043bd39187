#include "core/pacing/retry.hpp"

#include "core/http/token.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace sluice::core {

using std::chrono::seconds;

namespace {

milliseconds uniform(milliseconds low, milliseconds high, rng& random) {
  return milliseconds{std::uniform_int_distribution<milliseconds::rep>{low.count(), high.count()}(random)};
}

constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> long_days{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// How senders name Greenwich's time; the standard knows the first only.
constexpr std::array<std::string_view, 6> zones{" GMT", " +0000", " -0000", " UTC", " UT", " Z"};

/// Reads fixed forms from left to right; once something did not fit, nothing fits any more.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_{text} {}

  bool at_end() const { return fits_ && rest_.empty(); }
  bool next_is(char c) const { return rest_.starts_with(c); }

  void expect(std::string_view literal) {
    fits_ = fits_ && rest_.starts_with(literal);
    if (fits_) rest_.remove_prefix(literal.size());
  }

  /// Exactly that many digits.
  int number(std::size_t digits) {
    const auto head = rest_.substr(0, digits);
    fits_ = fits_ && head.size() == digits && std::ranges::all_of(head, is_digit);
    if (!fits_) return 0;
    rest_.remove_prefix(digits);
    int value = 0;
    for (const char c : head) value = value * 10 + (c - '0');
    return value;
  }

  /// The index of the name that comes next.
  unsigned one_of(std::span<const std::string_view> names) {
    const auto found = std::ranges::find_if(names, [&](auto name) { return rest_.starts_with(name); });
    fits_ = fits_ && found != names.end();
    if (!fits_) return 0;
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - names.begin());
  }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

struct date_and_time {
  int year = 0;
  unsigned month = 0, day = 0;  // month from 1
  int hour = 0, minute = 0, second = 0;
};

void read_time(scanner& in, date_and_time& d) {
  d.hour = in.number(2);
  in.expect(":");
  d.minute = in.number(2);
  in.expect(":");
  d.second = in.number(2);
}

// Sun, 06 Nov 1994 08:49:37 GMT
bool read_imf_fixdate(scanner in, date_and_time& d) {
  in.one_of(days);
  in.expect(", ");
  d.day = static_cast<unsigned>(in.number(2));
  in.expect(" ");
  d.month = in.one_of(months) + 1;
  in.expect(" ");
  d.year = in.number(4);
  in.expect(" ");
  read_time(in, d);
  in.one_of(zones);
  return in.at_end();
}

// Sunday, 06-Nov-94 08:49:37 GMT. The two digits are read as 1970 … 2069: the form died out long before 2070.
bool read_rfc850(scanner in, date_and_time& d) {
  in.one_of(long_days);
  in.expect(", ");
  d.day = static_cast<unsigned>(in.number(2));
  in.expect("-");
  d.month = in.one_of(months) + 1;
  in.expect("-");
  const int year = in.number(2);
  d.year = year + (year < 70 ? 2000 : 1900);
  in.expect(" ");
  read_time(in, d);
  in.one_of(zones);
  return in.at_end();
}

// Sun Nov  6 08:49:37 1994
bool read_asctime(scanner in, date_and_time& d) {
  in.one_of(days);
  in.expect(" ");
  d.month = in.one_of(months) + 1;
  in.expect(" ");
  const bool one_digit = in.next_is(' ');
  in.expect(one_digit ? " " : "");
  d.day = static_cast<unsigned>(in.number(one_digit ? 1 : 2));
  in.expect(" ");
  read_time(in, d);
  in.expect(" ");
  d.year = in.number(4);
  return in.at_end();
}

std::optional<wall_time> time_of(const date_and_time& d) {
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year{d.year}, chrono::month{d.month}, chrono::day{d.day}};
  if (!date.ok() || d.hour > 23 || d.minute > 59 || d.second > 60) return std::nullopt;  // 60: a leap second
  const chrono::sys_seconds t =
      chrono::sys_days{date} + chrono::hours{d.hour} + chrono::minutes{d.minute} + seconds{d.second};
  // wall_time counts nanoseconds and holds 1677 … 2262 only.
  return std::clamp(t, chrono::ceil<seconds>(wall_time::min()), chrono::floor<seconds>(wall_time::max()));
}

constexpr seconds longest_retry_after{3600};

/// `120`; and as some senders write it: `1.5` (rounded up), `120s`.
std::optional<seconds> parse_delta_seconds(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  const auto digits = text.substr(0, text.find('.'));
  const auto fraction = digits.size() < text.size() ? text.substr(digits.size() + 1) : "0";
  for (const auto part : {digits, fraction})
    if (part.empty() || !std::ranges::all_of(part, is_digit)) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : digits)
    value = std::min<std::int64_t>(value * 10 + (c - '0'), longest_retry_after.count());
  if (fraction.find_first_not_of('0') != fraction.npos) ++value;
  return std::min(seconds{value}, longest_retry_after);
}

}  // namespace

milliseconds backoff(const retry_options& options, unsigned attempts, rng& random) {
  milliseconds most = std::min(options.base, options.cap);
  for (unsigned i = 1; i < attempts && most < options.cap && most.count() > 0; ++i)
    most = most > options.cap / 2 ? options.cap : most * 2;
  return uniform(milliseconds{0}, std::max(most, milliseconds{0}), random);
}

bool retry_budget::take(cost c) noexcept {
  const int price = static_cast<int>(c);
  if (tokens_ < price) return false;
  tokens_ -= price;
  return true;
}

void retry_budget::refund() noexcept { tokens_ = std::min(tokens_ + 1, full); }

std::optional<wall_time> parse_http_date(std::string_view text) {
  date_and_time d;
  const scanner in{text};
  if (!read_imf_fixdate(in, d) && !read_rfc850(in, d) && !read_asctime(in, d)) return std::nullopt;
  return time_of(d);
}

std::optional<seconds> parse_retry_after(std::string_view value, std::string_view date, wall_time now) {
  if (const auto delta = parse_delta_seconds(value)) return delta;
  const auto until = parse_http_date(value);
  if (!until) return std::nullopt;
  // The server's own clock, where it tells it: a skew between the two machines does not matter then.
  const auto from = parse_http_date(date).value_or(now);
  const auto wait = std::chrono::floor<seconds>(*until) - std::chrono::floor<seconds>(from);
  if (wait < seconds{0}) return std::nullopt;
  return std::min<seconds>(wait, longest_retry_after);
}

next_try next_attempt(const retry_options& options, const retry_question& q, retry_budget& budget,
                      rng& random) {
  if (q.attempts > options.retries) return {};
  milliseconds delay = backoff(options, q.attempts, random);
  if (q.retry_after) {
    const milliseconds floor = *q.retry_after;
    delay = std::max(delay, floor + uniform(milliseconds{0}, floor / 10, random));
  }
  const steady_time due = q.now + delay;
  const auto since_first = std::chrono::floor<seconds>(due - q.first_attempt);
  if (options.max_time > seconds{0} && since_first >= options.max_time)
    return {{}, "the time for retries is over (--retry-max-time)"};
  // Last, so that a retry that will not happen costs nothing.
  if (!budget.take(q.timed_out ? retry_budget::cost::timeout : retry_budget::cost::plain))
    return {{}, "the run has no retry left: more than one request in five failed"};
  return {due};
}

}  // namespace sluice::core
