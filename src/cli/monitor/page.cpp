#include "page.hpp"

#include "cli/web/assets.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <string>

namespace sluice::cli {
namespace {

/// The hash covers exactly the text between the tags (CSP3, section 2.3.1).
std::string hash_source(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), &size) != 1)
    throw std::bad_alloc{};
  std::array<unsigned char, 45> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "'sha256-" + std::string{reinterpret_cast<const char*>(base64.data())} + "'";
}

/// The hashes of all elements with that name.
std::string hash_sources(std::string_view page, const std::string& element) {
  const std::string begin = "<" + element + ">", end = "</" + element + ">";
  std::string out;
  for (auto at = page.find(begin); at != std::string_view::npos; at = page.find(begin)) {
    page.remove_prefix(at + begin.size());
    out += " " + hash_source(page.substr(0, page.find(end)));
  }
  return out;
}

}  // namespace

shared_text status_page() {
  static const auto page = std::make_shared<const std::string>(status_html());
  return page;
}

std::string_view page_policy() {
  static const std::string policy =
      "default-src 'none'; style-src" + hash_sources(status_html(), "style") + "; script-src" +
      hash_sources(status_html(), "script") +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace sluice::cli
