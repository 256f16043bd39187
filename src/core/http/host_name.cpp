#include "core/http/host_name.hpp"

#include "core/http/token.hpp"

#include <sluice/text.hpp>

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <memory>
#include <new>

namespace sluice::core {
namespace {

using std::string_view;

/// The longest name has 253 bytes; each stands for one character, of four bytes at most.
constexpr std::size_t longest_name = 253, longest_text = 4 * longest_name;

bool is_ascii(string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string convert_to_ascii(string_view name, std::string& ascii) {
  if (name.size() > longest_text) return "the host name is over 253 bytes";
  const std::string text{name};
  std::uint8_t* made = nullptr;
  const int result = ::idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(text.c_str()), &made,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, void (*)(void*)> owned{made, ::idn2_free};
  if (result == IDN2_MALLOC) throw std::bad_alloc{};
  if (result != IDN2_OK) return "'" + printable(name) + "' cannot be a host name: " + ::idn2_strerror(result);
  ascii = reinterpret_cast<const char*>(made);
  return {};
}

std::string problem_of_ascii(string_view host) {
  if (host.size() > longest_name) return "the host name is over 253 bytes";
  for (const char c : host)
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_' && c != '.')
      return "a host name cannot have the character " + std::string{c} +
             (c == '%' ? "; write the character itself, not %XX" : "");
  string_view last;
  for (string_view rest = host;; rest.remove_prefix(1)) {
    last = rest.substr(0, rest.find('.'));
    rest.remove_prefix(last.size());
    if (last.empty()) return "the host name has two dots in a row, or one at its beginning";
    if (last.size() > 63) return "a label of the host name is over 63 bytes";
    if (rest.empty()) break;
  }
  // A name that ends in a number is an address to some resolvers, and another one to others.
  if (std::ranges::all_of(last, is_digit) && !is_address(AF_INET, host))
    return std::string{host} + " is not an IPv4 address: write four numbers up to 255 without leading zeros";
  return {};
}

}  // namespace

bool is_address(int family, string_view text) {
  in6_addr address{};
  return ::inet_pton(family, std::string{text}.c_str(), &address) == 1;
}

std::string read_host_name(string_view name, std::string& host) {
  std::string ascii{name};
  if (!is_ascii(name))
    if (auto what = convert_to_ascii(name, ascii); !what.empty()) return what;
  if (auto what = problem_of_ascii(ascii); !what.empty()) return what;
  host = lower(ascii);
  return {};
}

}  // namespace sluice::core
