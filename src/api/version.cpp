#include <sluice/version.hpp>

#include <ares.h>
#include <idn2.h>
#include <openssl/crypto.h>
#include <boost/version.hpp>
#include <nlohmann/json.hpp>

namespace sluice {

std::string build_details() {
  const auto row = [](std::string_view name, const std::string& value) {
    return std::string{name} + ' ' + value + '\n';
  };
  const auto number = [](int n) { return std::to_string(n); };
  std::string all = row("commit", SLUICE_COMMIT);
#if defined(__clang__)
  all += row("compiler", "Clang " __clang_version__);
#else
  all += row("compiler", "GCC " __VERSION__);
#endif
  all += row("Boost", number(BOOST_VERSION / 100000) + '.' + number(BOOST_VERSION / 100 % 1000) + '.' +
                          number(BOOST_VERSION % 100));
  all += row("OpenSSL", std::string{OpenSSL_version(OPENSSL_FULL_VERSION_STRING)} + ", built with " +
                            OPENSSL_FULL_VERSION_STR);
  all += row("c-ares", std::string{ares_version(nullptr)} + ", built with " + ARES_VERSION_STR);
  all += row("libidn2", std::string{idn2_check_version(nullptr)} + ", built with " + IDN2_VERSION);
  all +=
      row("nlohmann_json", number(NLOHMANN_JSON_VERSION_MAJOR) + '.' + number(NLOHMANN_JSON_VERSION_MINOR) +
                               '.' + number(NLOHMANN_JSON_VERSION_PATCH));
  return all;
}

}  // namespace sluice
