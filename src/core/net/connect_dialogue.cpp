#include "core/http/lines.hpp"
#include "core/http/token.hpp"
#include "core/net/proxy_dialogue.hpp"
#include "core/report/masking.hpp"

#include <sluice/text.hpp>
#include <sluice/version.hpp>

#include <algorithm>
#include <optional>

namespace sluice::core {
namespace {

using std::string_view;

constexpr std::size_t longest_head = 64 * 1024;

/// The size of the head at the front of `bytes`, with the empty line; 0 when its end has not come.
std::size_t size_of_head(string_view bytes) noexcept {
  for (auto end = bytes.find('\n'); end != string_view::npos; end = bytes.find('\n', end + 1)) {
    const auto next = bytes.substr(end + 1);
    if (next.starts_with('\n')) return end + 2;
    if (next.starts_with("\r\n")) return end + 3;
  }
  return 0;
}

/// `HTTP/1.x NNN reason`.
std::optional<int> status_of(string_view line) noexcept {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return std::nullopt;
  const auto digits = line.substr(9, 3);
  if (!std::ranges::all_of(digits, is_digit) || (line.size() > 12 && line[12] != ' ')) return std::nullopt;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

/// Statuses by which a proxy says that it tried, or may do so later.
bool is_about_the_endpoint(int status) noexcept {
  return status == 408 || status == 429 ||
         (status / 100 == 5 && status != 501 && status != 505 && status != 511);
}

class connect_dialogue final : public proxy_dialogue {
 public:
  connect_dialogue(const url& endpoint, const proxy& via, const std::vector<header>& headers)
      : target_{tunnel_target(endpoint)}, has_login_{via.login.has_value()} {
    std::string head = "CONNECT " + target_ + " HTTP/1.1\r\nHost: " + target_ + "\r\n";
    const auto given = [&](string_view name) {
      return std::ranges::any_of(headers, [&](const auto& h) { return equal_ignoring_case(h.name, name); });
    };
    if (!given("User-Agent")) head += "User-Agent: sluice/" + std::string{version} + "\r\n";
    if (via.login && !given("Proxy-Authorization"))
      head += "Proxy-Authorization: " + via.login->basic() + "\r\n";
    for (const auto& h : headers) head += h.name + ": " + h.value + "\r\n";
    secrets_ = secrets_of(headers);
    if (via.login) secrets_.push_back(via.login->password), note_secrets(via.login->basic(), secrets_);
    has_login_ = has_login_ || given("Proxy-Authorization");
    send(head + "\r\n");
  }

  std::size_t hear(string_view bytes) override {
    const auto begin = bytes.substr(0, 5);
    if (begin != string_view{"HTTP/"}.substr(0, begin.size()))
      return fail(errc::proxy_failed, "it speaks no HTTP: " + show(bytes, 40));
    const auto size = size_of_head(bytes);
    if ((size == 0 ? bytes.size() : size) > longest_head)
      return fail(errc::proxy_failed, "the head of its answer has no end");
    if (size == 0) return 0;
    auto head = bytes.substr(0, size);
    const auto line = take_line(head);
    const auto status = status_of(line);
    if (!status) return fail(errc::proxy_failed, "it speaks no HTTP/1.1: " + show(line, 40));
    if (*status < 200) return size;
    judge(*status, line, head);
    return size;
  }

 private:
  /// The beginning of what the proxy said, which may repeat what we said to it.
  std::string show(string_view text, std::size_t most) const {
    return printable(mask_repeated(std::string{text}, secrets_).substr(0, most));
  }

  void judge(int status, string_view line, string_view fields) {
    if (status / 100 == 2) return succeed();
    const auto said = "status " + show(line.substr(9), 60) + " to CONNECT " + target_;
    if (status == 407)
      fail(errc::proxy_auth_refused, said + ", " + what_it_wants(fields));
    else
      fail(is_about_the_endpoint(status) ? errc::proxy_cannot_reach : errc::proxy_refused, said);
  }

  std::string what_it_wants(string_view fields) const {
    std::vector<std::string> ways;
    while (!fields.empty()) {
      const auto line = take_line(fields);
      const auto colon = line.find(':');
      if (colon == string_view::npos || !equal_ignoring_case(line.substr(0, colon), "Proxy-Authenticate"))
        continue;
      for (auto& way : offered_schemes(line.substr(colon + 1))) ways.push_back(std::move(way));
    }
    const auto is_basic = [](const std::string& way) { return equal_ignoring_case(way, "Basic"); };
    if (!ways.empty() && std::ranges::none_of(ways, is_basic)) {
      std::string names;
      for (const auto& way : ways) names += (names.empty() ? "" : ", ") + show(way, way.size());
      return "it asks for " + names + ", and only Basic is spoken here";
    }
    return has_login_ ? "it does not take this user and password" : "it asks for a user and a password";
  }

  std::string target_;
  bool has_login_;
  std::vector<std::string> secrets_;
};

}  // namespace

std::unique_ptr<proxy_dialogue> make_connect(const url& endpoint, const proxy& via,
                                             const std::vector<header>& headers) {
  return std::make_unique<connect_dialogue>(endpoint, via, headers);
}

std::vector<std::string> offered_schemes(string_view value) {
  std::vector<std::string> names;
  while (!value.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < value.size() && (quoted || value[end] != ','); ++end) {
      if (quoted && value[end] == '\\')
        ++end;
      else if (value[end] == '"')
        quoted = !quoted;
    }
    const auto item = trimmed(value.substr(0, end));
    value.remove_prefix(std::min(value.size(), end + 1));
    const auto name = item.substr(
        0, static_cast<std::size_t>(std::ranges::find_if_not(item, is_token_char) - item.begin()));
    // A name with = behind it is a parameter of the scheme before it.
    if (!name.empty() && !trimmed(item.substr(name.size())).starts_with('=')) names.emplace_back(name);
  }
  return names;
}

}  // namespace sluice::core
