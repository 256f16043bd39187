#include <sluice/trace.hpp>

#include "core/http/lines.hpp"
#include "core/report/json_object.hpp"
#include "core/report/record.hpp"

#include <sluice/text.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace sluice {
namespace {

using kind = trace_event::kind;
using member = core::json_member;

constexpr int trace_version = 1;
constexpr std::size_t longest_head = 4096;  ///< bytes of a head that are shown
constexpr std::size_t longest_text = 1024;  ///< bytes of any other text

double milliseconds(std::chrono::steady_clock::duration t) {
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(t).count()) / 1000;
}

std::string shown(std::string_view text) {
  if (text.size() <= longest_text) return printable(text);
  return printable(text.substr(0, longest_text)) + "...";
}

/// The error in words, with what is known besides.
std::string reason_of(const trace_event& e) {
  auto detail = shown(e.detail);
  if (!e.error) return detail;
  return shown(e.error.message()) + (detail.empty() ? "" : " (" + detail + ")");
}

/// Hands each line to `use`, safe to show. Returns how many bytes were left out.
template <class Use>
std::size_t read_lines(std::string_view head, Use use) {
  const auto left_out = head.size() > longest_head ? head.size() - longest_head : 0;
  for (auto rest = head.substr(0, longest_head); !rest.empty();) use(printable(core::take_line(rest)));
  return left_out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& t : texts) all += (all.empty() ? "" : ", ") + shown(t);
  return all;
}

bool is_of_a_file(const trace_event& e) { return e.attempt != 0; }

std::string file_text(const trace_event& e) {
  return " '" + shown(e.path) + "' attempt " + std::to_string(e.attempt);
}

std::string head_text(const trace_event& e) {
  std::string text;
  const auto left_out =
      read_lines(e.head, [&](const std::string& line) { text += (text.empty() ? ": " : " | ") + line; });
  return left_out == 0 ? text : text + "... (" + std::to_string(left_out) + " bytes more)";
}

std::string connection_text(const trace_event& e) {
  auto text = e.address.empty() ? std::string{} : " " + e.address;
  if (!e.local.empty()) text += " from " + e.local;
  return e.proxy.empty() ? text : text + " to the proxy " + shown(e.proxy);
}

std::string handshake_text(const trace_event& e) {
  if (e.subject.empty() && e.error) return {};
  auto text = " " + e.version + " " + e.cipher + ", " + (e.resumed ? "resumed" : "new");
  if (!e.alpn.empty()) text += ", ALPN " + shown(e.alpn);
  text += ", peer '" + shown(e.subject) + "', issuer '" + shown(e.issuer) + "'";
  return e.expires ? text + ", expires " + core::rfc3339(*e.expires) : text;
}

/// The part of a line that is its kind's own.
std::string text_of(const trace_event& e) {
  switch (e.what) {
    case kind::lookup:
      return " " + shown(e.name) + " (" + e.source + ")" +
             (e.addresses.empty() ? "" : ": " + joined(e.addresses));
    case kind::connection:
      return connection_text(e);
    case kind::handshake:
      return handshake_text(e);
    case kind::request:
    case kind::reply:
      return (is_of_a_file(e) ? file_text(e) : "") + head_text(e);
    case kind::retry:
      return file_text(e) + (e.status != 0 ? " status " + std::to_string(e.status) : "") + ", again in " +
             std::to_string(e.wait.count()) + " ms";
    case kind::closed:
      break;
  }
  return {};
}

std::string duration_text(const trace_event& e) {
  if (e.took == e.took.zero()) return {};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), " [%.3f ms]", milliseconds(e.took));
  return text.data();
}

member text_member(const char* name, const std::string& text) {
  return text.empty() ? member::nested(name, {}) : member{name, shown(text)};
}

member array_of(const char* name, const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& t : texts) all += (all.empty() ? "[" : ",") + core::json_text(t);
  return member::nested(name, texts.empty() ? all : all + "]");
}

template <class T>
member number_member(const char* name, T value) {
  return value == T{} ? member::nested(name, {}) : member{name, value};
}

bool has_a_peer(kind k) { return k == kind::handshake || k == kind::request || k == kind::reply; }

}  // namespace

std::string to_text(const trace_event& e) {
  auto text = core::rfc3339(e.time) + " " + std::string{to_string(e.what)};
  if (e.connection != 0) text += " #" + std::to_string(e.connection);
  if (e.of_proxy && has_a_peer(e.what)) text += " (proxy)";
  text += text_of(e);
  if (const auto why = reason_of(e); !why.empty()) text += ": " + why;
  return text + duration_text(e);
}

std::string to_json(const trace_event& e) {
  std::vector<std::string> head;
  const auto left_out = read_lines(e.head, [&](std::string line) { head.push_back(std::move(line)); });
  const bool timed = e.what != kind::retry && e.what != kind::closed && e.took > e.took.zero();
  std::vector<member> all{
      {"v", trace_version},
      {"event", to_string(e.what)},
      {"time", core::rfc3339(e.time)},
      number_member("connection", e.connection),
      has_a_peer(e.what) ? member{"peer", e.of_proxy ? "proxy" : "endpoint"} : member::nested("peer", {}),
      timed ? member{"ms", milliseconds(e.took)} : member::nested("ms", {}),
      text_member("name", e.name),
      text_member("source", e.source),
      array_of("addresses", e.addresses),
      text_member("address", e.address),
      text_member("local", e.local),
      text_member("proxy", e.proxy),
      text_member("version", e.version),
      text_member("cipher", e.cipher),
      text_member("alpn", e.alpn),
      text_member("subject", e.subject),
      text_member("issuer", e.issuer),
      text_member("expires", e.expires ? core::rfc3339(*e.expires) : std::string{}),
      e.version.empty() ? member::nested("resumed", {}) : member{"resumed", e.resumed}};
  const std::vector<member> of_file{
      is_of_a_file(e) ? member{"seq", e.seq} : member::nested("seq", {}),
      is_of_a_file(e) ? member{"path", e.path} : member::nested("path", {}),
      member::base64("path_b64", e.path),
      number_member("attempt", e.attempt),
      number_member("status", e.status),
      array_of("head", head),
      number_member("head_left_out", left_out),
      e.what == kind::retry ? member{"wait_ms", e.wait.count()} : member::nested("wait_ms", {}),
      text_member("error", e.error ? e.error.message() : std::string{}),
      text_member("detail", e.detail)};
  all.insert(all.end(), of_file.begin(), of_file.end());
  return core::object_of(all);
}

}  // namespace sluice
