#include "core/record.hpp"

#include <sluice/text.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace sluice {

namespace {

using json = nlohmann::ordered_json;

constexpr int format_version = 1;

/// JSON lets DEL and the controls U+0080 to U+009F stand as they are; a terminal may obey them. Outside of
/// strings there are none.
std::string without_controls(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]), next = static_cast<unsigned char>(text[i + 1]);
    const bool two_bytes = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    if (!two_bytes && byte != 0x7f) {
      out += text[i];
      continue;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", two_bytes ? next : byte);
    out += escape.data();
    i += two_bytes ? 1 : 0;
  }
  return out;
}

/// Bytes that are not UTF-8 become U+FFFD: dump() must not throw for what a file name or a server brings.
std::string dump(const json& object, int indent = -1) {
  return without_controls(object.dump(indent, ' ', false, json::error_handler_t::replace));
}

double to_milliseconds(std::chrono::microseconds t) { return static_cast<double>(t.count()) / 1000; }

const char* name_of(stop_reason reason) {
  switch (reason) {
    case stop_reason::complete:
      return "complete";
    case stop_reason::cancelled:
      return "cancelled";
    case stop_reason::out_of_time:
      return "out_of_time";
    case stop_reason::too_many_errors:
      return "too_many_errors";
    case stop_reason::unreachable:
      return "unreachable";
    case stop_reason::refused:
      return "refused";
    case stop_reason::source_unreadable:
      return "source_unreadable";
    case stop_reason::locked:
      return "locked";
    case stop_reason::record_failed:
      return "record_failed";
  }
  return "unknown";
}

}  // namespace

namespace {

/// A name and its value as text; without a text it is left out.
struct member {
  template <class T>
  member(const char* n, const T& value) : name{n}, text{dump(json(value))} {}
  /// Of an object that is written already.
  static member nested(const char* n, std::string object) { return {n, std::move(object), 0}; }
  /// Only of bytes that are more than text can carry.
  static member base64(const char* n, const std::string& bytes) {
    return is_utf8(bytes) ? member{n, {}, 0} : member{n, core::base64(bytes)};
  }
  const char* name;
  std::string text;

 private:
  member(const char* n, std::string t, int) : name{n}, text{std::move(t)} {}
};

/// Member by member: a document would be destroyed with allocations of its own. Without `indent` on one line.
std::string object_of(std::initializer_list<member> members, const std::string& indent = {}) {
  const std::string begin = indent.empty() ? "\"" : "\n" + indent + '"';
  std::string all = "{";
  for (const auto& m : members) {
    if (m.text.empty()) continue;
    if (all.size() > 1) all += ',';
    all += begin;
    all += m.name;
    all += indent.empty() ? "\":" : "\": ";
    all += m.text;
  }
  return all + (indent.empty() ? "}" : "\n" + indent.substr(2) + "}");
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
      {"disposal", r.disposal},
      {"ms", to_milliseconds(r.elapsed)},
      {"bytes", r.bytes},
      {"response", r.response},
      member::base64("response_b64", r.response),
      {"error", r.error},
  });
}

std::string to_json(const run_summary& s) {
  return object_of(
      {
          {"v", format_version},
          {"reason", name_of(s.reason)},
          {"detail", s.detail},
          {"seen", s.seen},
          {"accepted", s.accepted},
          {"rejected", s.rejected},
          {"deferred", s.deferred},
          {"changed", s.changed},
          {"vanished", s.vanished},
          {"skipped", s.skipped},
          {"undeletable", s.undeletable},
          {"deleted", s.deleted},
          {"moved", s.moved},
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
          member::nested("window", object_of({{"min", s.window_min},
                                              {"max", s.window_max},
                                              {"last", s.window_last},
                                              {"changes", s.window_changes}},
                                             "    ")),
      },
      "  ");
}

namespace core {
namespace {

/// What a reader of the log needs of a line, taken as it is parsed. A document in memory would be destroyed
/// with allocations of its own (nlohmann_json 3.11), and end the program where there is no memory for them.
class line_reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(number_integer_t n) override { return number(static_cast<double>(n)); }
  bool number_unsigned(number_unsigned_t n) override { return number(static_cast<double>(n)); }
  bool number_float(number_float_t n, const string_t&) override { return number(n); }
  bool string(string_t& text) override {
    if (depth_ != 1) return true;
    if (name_ == "fate") word = fate_from_string(text);
    if (name_ == "disposal") taken_away = text == "deleted" || text == "moved";
    if (name_ == "key") id = std::move(text);
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
  std::string name_;
};

}  // namespace

std::optional<logged_fate> parse_record(std::string_view line) noexcept try {
  line_reader r;
  if (!nlohmann::json::sax_parse(line, &r) || !r.ours || !r.id || !r.word) return std::nullopt;
  return logged_fate{std::move(*r.id), *r.word, r.taken_away};
} catch (...) {
  return std::nullopt;  // there is no memory
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= group.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
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
