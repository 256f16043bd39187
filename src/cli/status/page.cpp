#include "page.hpp"

#include "cli/page_style.hpp"
#include "page_script.hpp"
#include "page_text.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <string>

namespace sluice::cli {
namespace {

/// CSP3, section 2.3.1: of exactly the text between the tags.
std::string hash_source(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), &size) != 1)
    throw std::bad_alloc{};
  std::array<unsigned char, 45> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "'sha256-" + std::string{reinterpret_cast<const char*>(base64.data())} + "'";
}

std::string style() { return std::string{page_style} + status_style; }

}  // namespace

shared_text status_page() {
  static const auto page = std::make_shared<const std::string>(
      std::string{page_head} + "<style>" + style() + "</style></head>\n" + page_body + "<script>" +
      plot_script + page_script + "</script></body></html>\n");
  return page;
}

std::string_view page_policy() {
  static const std::string policy =
      "default-src 'none'; style-src " + hash_source(style()) + "; script-src " +
      hash_source(std::string{plot_script} + page_script) +
      "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return policy;
}

}  // namespace sluice::cli
