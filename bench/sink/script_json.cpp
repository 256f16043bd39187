#include "sink/script_json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace sink {
namespace {

using nlohmann::json;

std::string in_quotes(std::string_view key) { return std::string{'"'}.append(key).append("\""); }

// Reads an object's keys one by one; finish() finds those nobody asked for.
class keys {
 public:
  keys(const json& object, std::string where) : object_{object}, where_{std::move(where)} {
    if (!object.is_object()) throw script_error(where_ + " is not an object");
  }

  const json* find(const char* key) {
    known_.emplace_back(key);
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }

  [[noreturn]] void wrong(const char* key, const std::string& what) const {
    throw script_error(in_quotes(key) + " in " + where_ + " is not " + what);
  }

  std::optional<std::uint64_t> number(const char* key) {
    const json* v = find(key);
    if (!v) return std::nullopt;
    if (!v->is_number_unsigned()) wrong(key, "a whole number of 0 or more");
    return v->get<std::uint64_t>();
  }

  std::optional<milliseconds> time(const char* key) {
    constexpr std::uint64_t week_ms = 604'800'000;
    const auto n = number(key);
    if (n && *n > week_ms) wrong(key, "under a week");
    return n ? std::optional{milliseconds{*n}} : std::nullopt;
  }

  std::optional<std::string> text(const char* key) {
    const json* v = find(key);
    if (!v) return std::nullopt;
    if (!v->is_string()) wrong(key, "a string");
    return v->get<std::string>();
  }

  std::optional<bool> flag(const char* key) {
    const json* v = find(key);
    if (!v) return std::nullopt;
    if (!v->is_boolean()) wrong(key, "true or false");
    return v->get<bool>();
  }

  template <class Enum>
  void word(const char* key, const std::map<std::string, Enum>& words, Enum& out) {
    const auto given = text(key);
    if (!given) return;
    const auto it = words.find(*given);
    if (it == words.end()) {
      std::string all;
      for (const auto& w : words) all += (all.empty() ? "" : ", ") + w.first;
      wrong(key, "one of " + all);
    }
    out = it->second;
  }

  std::vector<name_value> pairs(const char* key) {
    std::vector<name_value> out;
    const json* v = find(key);
    if (!v) return out;
    if (!v->is_object()) wrong(key, "an object of strings");
    for (const auto& [k, text] : v->items()) {
      if (!text.is_string()) wrong(key, "an object of strings");
      out.emplace_back(k, text.get<std::string>());
    }
    return out;
  }

  std::vector<int> codes(const char* key) {
    std::vector<int> out;
    const json* v = find(key);
    if (!v) return out;
    for (const auto& code : v->is_array() ? *v : json::array({*v})) {
      if (!code.is_number_integer() || code < 100 || code > 999)
        wrong(key, "a status code, or a list of them");
      out.push_back(code.get<int>());
    }
    if (out.empty()) wrong(key, "a status code, or a list of them");
    return out;
  }

  std::uint64_t bytes_per_s(const char* key) {
    const json* v = find(key);
    if (!v) return 0;
    keys inner{*v, in_quotes(key) + " in " + where_};
    const auto n = inner.number("bytes_per_s");
    inner.finish();
    if (!n || *n == 0) wrong(key, "{\"bytes_per_s\": N} with N over 0");
    return *n;
  }

  void finish() const {
    for (const auto& item : object_.items()) {
      if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
      std::string all;
      for (const auto& k : known_) all += (all.empty() ? "" : ", ") + k;
      throw script_error("unknown key " + in_quotes(item.key()) + " in " + where_ + " (known there: " + all +
                         ")");
    }
  }

 private:
  const json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

void read_match(const json& object, const std::string& where, rule& r) {
  keys k{object, "\"match\" in " + where};
  r.path = k.text("path");
  r.name = k.text("name");
  r.conn = k.number("conn");
  r.request = k.number("request");
  r.fields = k.pairs("field");
  r.headers = k.pairs("header");
  for (auto& [name, value] : r.headers)
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  k.finish();
}

void read_early(keys& k, behaviour& b) {
  const json* v = k.find("early");
  if (!v) return;
  if (v->is_number_unsigned()) {
    b.when = early::bytes;
    b.early_bytes = v->get<std::uint64_t>();
  } else if (*v == "headers" || *v == "part") {
    b.when = *v == "headers" ? early::headers : early::part;
  } else {
    k.wrong("early", "\"headers\", \"part\" or a number of body bytes");
  }
}

void read_idle(keys& k, const std::string& where, behaviour& b) {
  const json* v = k.find("idle_bytes");
  if (!v) return;
  keys inner{*v, "\"idle_bytes\" in " + where};
  b.idle.emplace();
  b.idle->after = inner.time("after_ms").value_or(milliseconds{0});
  b.idle->bytes = inner.text("bytes").value_or("");
  inner.word("then", {{"close", true}, {"keep", false}}, b.idle->close);
  inner.finish();
}

void read_handshake(keys& k, behaviour& b) {
  const json* v = k.find("handshake");
  if (!v) return;
  if (*v == "stall" || *v == json{{"stall", true}}) {
    b.handshake = handshake_fault::stall;
  } else if (*v == "fail" || *v == json{{"fail", true}}) {
    b.handshake = handshake_fault::fail;
  } else {
    k.wrong("handshake", "\"stall\" or \"fail\"");
  }
}

void read_continue(keys& k, behaviour& b) {
  const json* v = k.find("continue");
  if (!v) return;
  if (v->is_boolean())
    b.continue_after = *v ? std::optional{milliseconds{0}} : std::nullopt;
  else
    b.continue_after = k.time("continue");
}

void read_behaviour(keys& k, const std::string& where, behaviour& b) {
  b.delay = k.time("delay_ms").value_or(milliseconds{0});
  b.status = k.codes("status");
  b.headers = k.pairs("headers");
  b.body = k.text("body");
  read_early(k, b);
  k.word("then",
         {{"close", after_early::close},
          {"drain", after_early::drain},
          {"rst", after_early::rst},
          {"keep", after_early::keep}},
         b.then);
  b.cut_request_after = k.number("cut_request_after");
  b.cut_reply_after = k.number("cut_reply_after");
  k.word("how", {{"fin", ending::fin}, {"rst", ending::rst}, {"stall", ending::stall}}, b.how);
  k.word("reply",
         {{"normal", reply_kind::normal},
          {"none", reply_kind::none},
          {"chunked", reply_kind::chunked},
          {"unframed", reply_kind::unframed},
          {"raw", reply_kind::raw},
          {"junk", reply_kind::junk}},
         b.reply);
  b.chunk_ext = k.text("chunk_ext").value_or("");
  b.trailers = k.pairs("trailers");
  b.raw = k.text("raw").value_or("");
  b.extra = k.text("extra").value_or("");
  read_idle(k, where, b);
  b.interim = k.codes("interim");
  b.interim_every = k.time("interim_every_ms").value_or(milliseconds{0});
  b.slow_reply = k.bytes_per_s("slow_reply");
  b.slow_read = k.bytes_per_s("slow_read");
  b.close = k.flag("close");
  b.no_close_notify = k.flag("no_close_notify").value_or(false);
  b.ignore_close_notify = k.flag("ignore_close_notify").value_or(false);
  read_continue(k, b);
  read_handshake(k, b);
  k.word("endless",
         {{"header", endless::header},
          {"body", endless::body},
          {"interim", endless::interim},
          {"trailer", endless::trailer}},
         b.flood);
}

rule read_rule(const json& object, const std::string& where) {
  rule r;
  keys k{object, where};
  if (const json* match = k.find("match")) read_match(*match, where, r);
  read_behaviour(k, where, r.what);
  k.word("per", {{"name", true}, {"rule", false}}, r.per_name);
  if (const auto times = k.number("times")) r.times = *times;
  k.finish();
  if (r.what.handshake != handshake_fault::none && (r.needs_part() || r.path || r.request))
    throw script_error("\"handshake\" in " + where + " can be matched by \"conn\" only");
  if (r.what.when == early::headers && r.needs_part())
    throw script_error(
        "\"early\":\"headers\" in " + where +
        " comes before the file's name is known: match no name or field, and set \"per\":\"rule\"");
  return r;
}

}  // namespace

script parse_script(std::string_view text) {
  json root;
  try {
    root = json::parse(text, nullptr, true, true);
  } catch (const json::exception& e) {
    throw script_error(std::string{"not JSON: "} + e.what());
  }
  keys k{root, "the script"};
  const json* list = k.find("rules");
  k.finish();
  if (!list || !list->is_array()) throw script_error("\"rules\" in the script is not a list");
  std::vector<rule> rules;
  for (std::size_t i = 0; i < list->size(); ++i)
    rules.push_back(read_rule((*list)[i], "rules[" + std::to_string(i) + "]"));
  return script{std::move(rules)};
}

}  // namespace sink
