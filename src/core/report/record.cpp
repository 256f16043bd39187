#include "core/report/record.hpp"

#include "core/base64.hpp"
#include "core/report/json_object.hpp"

#include <sluice/text.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace sluice {

namespace {

using core::object_of;
using member = core::json_member;

constexpr int format_version = 1;

double to_milliseconds(std::chrono::microseconds t) { return static_cast<double>(t.count()) / 1000; }

member disproof_of(const std::optional<disproof>& d) {
  std::string written;
  if (d) written = core::json_text({{"rule", d->rule}, {"ours", d->ours}, {"theirs", d->theirs}});
  return member::nested("disproved", std::move(written));
}

/// `[[FROM,COUNT],...]`: few bytes for many steps.
std::string list_of(const std::vector<latency_histogram::step>& steps) {
  std::string all;
  for (const auto& s : steps)
    all += (all.empty() ? "[[" : ",[") + std::to_string(s.from_us) + "," + std::to_string(s.count) + "]";
  return all.empty() ? "[]" : all + "]";
}

/// An array, one object a line.
std::string list_of(const std::vector<failure_reason>& reasons) {
  std::string all;
  for (const auto& r : reasons)
    all += (all.empty() ? "[\n    " : ",\n    ") + object_of({{"fate", to_string(r.fate)},
                                                              {"count", r.count},
                                                              {"reason", r.reason},
                                                              {"example", r.example},
                                                              member::base64("example_b64", r.example)});
  return all.empty() ? "[]" : all + "\n  ]";
}

}  // namespace

std::string to_json(const file_record& r) {
  return object_of({
      {"v", format_version},
      {"seq", r.seq},
      {"time", core::rfc3339(r.time)},
      {"path", r.path},
      member::base64("path_b64", r.path),
      {"size", r.size},
      {"mtime_ns", r.mtime_ns},
      {"fate", to_string(r.fate)},
      {"status", r.status},
      {"attempts", r.attempts},
      {"key", r.key},
      {"disposal", to_string(r.disposal)},
      {"ms", to_milliseconds(r.elapsed)},
      {"bytes", r.bytes},
      {"response", r.response},
      member::base64("response_b64", r.response),
      {"error", r.reason},
      member::digest("xxh3", r.digest),
      disproof_of(r.disproved),
  });
}

std::string to_json(const run_summary& s) {
  std::vector<member> all{{"v", format_version}, {"reason", to_string(s.reason)}, {"detail", s.detail}};
  if (s.exit_code) all.emplace_back("exit_code", *s.exit_code);
  if (s.shard) all.emplace_back("shard", to_string(*s.shard));
  all.emplace_back("runs", s.runs);
  all.emplace_back("began", core::rfc3339(s.began));
  all.emplace_back("seen", s.counts.total());
  for (const auto f : all_fates) all.emplace_back(to_string(f), s.counts[f]);
  const std::vector<member> rest{
      {"deleted", s.deleted},
      {"moved", s.moved},
      {"bad_lines", s.bad_lines},
      {"folders_deleted", s.folders_deleted},
      {"folders_left", s.folders_left},
      {"bytes", s.bytes},
      {"sent_bytes", s.sent_bytes},
      {"attempts", s.attempts},
      {"retries", s.retries},
      {"unknown_outcomes", s.unknown_outcomes},
      {"connections", s.connections},
      {"unreadable_dirs", s.unreadable_dirs},
      {"log_lines_dropped", s.log_lines_dropped},
      {"seconds", s.seconds},
      {"files_per_second", s.files_per_second},
      member::nested("latency_ms", object_of({{"p50", s.latency_ms.p50},
                                              {"p90", s.latency_ms.p90},
                                              {"p99", s.latency_ms.p99},
                                              {"max", s.latency_ms.max}},
                                             "    ")),
      member::nested("latency_steps_us", list_of(s.latency_steps)),
      member::nested("window", object_of({{"min", s.window_min},
                                          {"max", s.window_max},
                                          {"last", s.window_last},
                                          {"changes", s.window_changes}},
                                         "    ")),
      member::nested("reasons", list_of(s.reasons)),
  };
  all.insert(all.end(), rest.begin(), rest.end());
  if (!s.proxy.url.empty())
    all.push_back(member::nested("proxy", object_of({{"url", s.proxy.url}, {"from", s.proxy.from}}, "    ")));
  return object_of(all, "  ");
}

namespace core {
namespace {

/// The reader takes what a reader of the log needs of a line, as the line is parsed. A document in memory
/// would be destroyed with allocations of its own (nlohmann_json 3.11), and end the program where there is no
/// memory for them.
class line_reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t n) override {
    if (depth_ == 1 && name_ == "mtime_ns") mtime_ns = n;
    return number(static_cast<double>(n));
  }
  bool number_unsigned(number_unsigned_t n) override {
    if (depth_ == 1 && name_ == "size") size = n;
    if (depth_ == 1 && name_ == "mtime_ns") mtime_ns = static_cast<std::int64_t>(n);
    return number(static_cast<double>(n));
  }
  bool number_float(number_float_t n, const string_t&) override { return number(n); }
  bool string(string_t& text) override {
    if (depth_ != 1) return true;
    if (name_ == "fate") word = fate_from_string(text);
    if (name_ == "disposal") taken_away = text != to_string(disposed::kept);
    if (name_ == "path_b64") {
      auto bytes = from_base64(text);
      if (!bytes) return false;
      path = std::move(*bytes), exact_ = true;
    } else if (name_ == "path" && !exact_) {
      path = std::move(text);
    } else if (name_ == "key") {
      id = std::move(text);
    } else if (name_ == "xxh3") {
      std::uint64_t value = 0;
      const auto* const end = text.data() + text.size();
      if (std::from_chars(text.data(), end, value, 16).ptr == end && text.size() == 16) digest = value;
    }
    return name_ != "v";
  }
  bool binary(binary_t&) override { return other(); }
  bool start_object(std::size_t) override { return begin(); }
  bool start_array(std::size_t) override { return depth_ > 0 && begin(); }  // a line is an object
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  std::optional<std::string> id;
  std::optional<sluice::fate> word;
  bool ours = false, taken_away = false;
  std::string path;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::optional<std::uint64_t> digest;

 private:
  bool number(double n) {
    if (depth_ == 1 && name_ == "v") ours = n == format_version;
    return name_ == "v" || other();
  }
  bool begin() { return other() && ++depth_ > 0; }
  /// A value that is none of those above: these are strings, and a number.
  bool other() const {
    return depth_ != 1 || (name_ != "v" && name_ != "key" && name_ != "fate" && name_ != "disposal");
  }

  int depth_ = 0;
  bool exact_ = false;  ///< the path's very bytes were there
  std::string name_;
};

}  // namespace

std::optional<logged_fate> parse_record(std::string_view line) noexcept try {
  line_reader r;
  if (!nlohmann::json::sax_parse(line, &r) || !r.ours || !r.id || !r.word) return std::nullopt;
  return logged_fate{std::move(*r.id), *r.word,    r.taken_away, std::move(r.path),
                     r.size,           r.mtime_ns, r.digest};
} catch (...) {
  return std::nullopt;  // there is no memory
}

std::string rfc3339(std::chrono::system_clock::time_point t) {
  namespace chrono = std::chrono;
  const auto ms = chrono::floor<chrono::milliseconds>(t);
  const auto day = chrono::floor<chrono::days>(ms);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{ms - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text.data();
}

}  // namespace core

}  // namespace sluice
