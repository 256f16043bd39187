// The job log, written and read back: `PATH\ RESPONSE\ ERROR\ KEY\ NUMBER NUMBER NUMBER JUNK`.
#include "../support/log_text.hpp"
#include "core/report/record.hpp"
#include "core/report/record_scanner.hpp"
#include "fuzz.hpp"
#include "io/disk/accepted_keys.hpp"

#include <sluice/result.hpp>
#include <sluice/text.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace sluice;
using nlohmann::json;

namespace {

const std::string before_key = "00000000-0000-5000-8000-000000000001";
const std::string after_key = "00000000-0000-5000-8000-000000000002";

std::string decode_base64(const std::string& text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, have = 0;
  fuzz::require(text.size() % 4 == 0, "base64 comes in fours");
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = digits.find(c);
    fuzz::require(digit != std::string_view::npos, "base64 has 64 digits");
    bits = bits << 6 | static_cast<unsigned>(digit);
    have += 6;
    if (have >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  return out;
}

/// The bytes of a member, as docs/job-log.md tells to read them.
std::string bytes_of(const json& object, const std::string& name) {
  return object.contains(name + "_b64") ? decode_base64(object.at(name + "_b64"))
                                        : object.at(name).get<std::string>();
}

/// 32 digits in the shape of a UUID, from whatever there is; never one of the two above.
std::string as_key(const std::string& text) {
  std::string key;
  for (std::size_t i = 0; key.size() < 36; ++i) {
    if (key.size() == 8 || key.size() == 13 || key.size() == 18 || key.size() == 23) key += '-';
    key += "0123456789abcdef"[i < text.size() ? static_cast<unsigned char>(text[i]) % 16u : 15u];
  }
  return key == before_key || key == after_key ? std::string(36, '-').replace(0, 32, 32, 'e') : key;
}

std::string accepted_line(const std::string& key) {
  file_record r;
  r.fate = fate::accepted, r.key = key, r.path = "before and after it", r.size = 7, r.mtime_ns = -7;
  return to_json(r) + "\n";
}

core::logged_file file(const std::string& key) { return {"before and after it", 7, -7, key}; }

const std::string before = accepted_line(before_key), after = accepted_line(after_key);

io::accepted_keys read(const std::string& log) {
  io::accepted_keys keys{core::sip_key{1, 2}};
  fuzz::require(!support::read_log(std::make_unique<support::log_text>(log), keys).failed(),
                "any text can be read");
  return keys;
}

file_record make_record(fuzz::input& in) {
  file_record r;
  r.path = in.text(), r.response = in.text(), r.reason = in.text(), r.key = as_key(in.text());
  r.seq = in.number();
  r.size = in.number();
  const auto n = in.number();
  r.fate = static_cast<fate>(n % 7);
  r.time = std::chrono::system_clock::time_point{std::chrono::nanoseconds{static_cast<std::int64_t>(n)}};
  r.mtime_ns = -static_cast<std::int64_t>(n / 2);
  r.status = static_cast<int>(n % 1000);
  r.elapsed = std::chrono::microseconds{static_cast<std::int64_t>(n / 3)};
  r.disposal = disposed::kept;
  return r;
}

/// The fast way of reading says what the parser says, or nothing.
void check_scan(std::string_view line) {
  const auto fast = core::scan_record(line);
  if (!fast) return;
  const auto slow = core::parse_record(line);
  fuzz::require(slow && fast->path == slow->path && fast->key == slow->key && fast->fate == slow->fate &&
                    fast->taken_away == slow->taken_away && fast->size == slow->size &&
                    fast->mtime_ns == slow->mtime_ns && fast->digest == slow->digest,
                "the fast way of reading and the parser agree");
}

/// True when the path is written as it is, and its numbers are not too long.
bool is_plain(const file_record& r) {
  const auto escaped = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f;
  };
  const auto ms = static_cast<double>(r.elapsed.count()) / 1000;
  const auto c1 = r.path.find("\xc2") != std::string::npos;  // may begin one of the other controls
  return is_utf8(r.path) && std::ranges::none_of(r.path, escaped) && !c1 && ms < 1e15 &&
         r.seq < 1'000'000'000'000'000'000 && r.size < 1'000'000'000'000'000'000;
}

void check_line(const file_record& r, const std::string& line) {
  const auto breaks = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  fuzz::require(is_utf8(line) && std::ranges::none_of(line, breaks), "a record is one line of text");
  const auto object = json::parse(line);
  fuzz::require(bytes_of(object, "path") == r.path, "the path's bytes");
  fuzz::require(bytes_of(object, "response") == r.response, "the response's bytes");
  fuzz::require(object.contains("path_b64") == !is_utf8(r.path), "base64 where text cannot carry them");
  fuzz::require(object.at("size") == r.size && object.at("seq") == r.seq &&
                    object.at("mtime_ns") == r.mtime_ns && object.at("status") == r.status,
                "the numbers");
  check_scan(line);
  fuzz::require(!is_plain(r) || core::scan_record(line), "our own lines are read the fast way");
  const auto back = core::parse_record(line);
  fuzz::require(back && back->key == r.key && back->fate == r.fate, "key and fate are read back");
  fuzz::require(back->path == r.path && back->size == r.size && back->mtime_ns == r.mtime_ns,
                "and what the file is");
}

/// A run that was killed left `torn`; the next one ends the line and goes on.
void check_torn(const file_record& r, const std::string& line, const std::string& torn) {
  const auto keys = read(before + torn + "\n" + after);
  const bool whole = torn.size() == line.size();
  const bool counts = r.fate == fate::accepted || r.fate == fate::undeletable;
  fuzz::require(keys.contains(file(before_key)) && keys.contains(file(after_key)),
                "a torn line costs that line only");
  fuzz::require(keys.contains({r.path, r.size, r.mtime_ns, r.key}) == (whole && counts),
                "a torn line is no record, a whole one is");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  const auto record = make_record(in);
  const auto line = to_json(record);
  check_line(record, line);
  const std::size_t step = 1 + line.size() / 12;
  for (std::size_t n = size % step; n < line.size(); n += step) check_torn(record, line, line.substr(0, n));
  check_torn(record, line, line);

  const std::string junk{in.rest()};
  const auto keys = read(before + junk + "\n" + after);
  fuzz::require(keys.contains(file(before_key)) && keys.contains(file(after_key)),
                "junk costs no line but its own");
  check_scan(junk);
  for (std::size_t i = size % step; i < line.size(); i += step) {  // any byte may be another
    auto other = line;
    other[i] = static_cast<char>(size + i);
    check_scan(other);
  }
  if (const auto found = core::parse_record(junk)) {
    const auto object = json::parse(junk.substr(0, junk.find('\0')), nullptr, false);
    fuzz::require(object.is_object() && object["v"] == 1 && object["key"] == found->key &&
                      object["fate"] == to_string(found->fate),
                  "a record was read where there is none");
  }
  return 0;
}
