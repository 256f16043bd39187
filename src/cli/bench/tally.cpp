#include "tally.hpp"

#include <sluice/error.hpp>

#include <limits>

namespace sluice::cli {
namespace {

std::string remedy_for_error(const boost::system::error_code& e) {
  if (e == errc::tls_identity)
    return "; name who is to be trusted with --cacert FILE, or the server's key with --pinnedpubkey and -k";
  if (e == errc::proxy_identity)
    return "; name who is to be trusted with --proxy-cacert FILE, or take any with --proxy-insecure";
  if (e == errc::tls_failed) return "; is it a port with TLS? An http:// URL does without";
  if (e == errc::connect_timeout) return "; a firewall may drop what is sent there";
  return {};
}

}  // namespace

tally::tally(std::uint64_t to_measure, bool proven)
    : left_to_measure_{to_measure > 0 ? to_measure : std::numeric_limits<std::uint64_t>::max()},
      proven_{proven} {}

bool tally::count_sample(const sample& s, bool stopped) {
  if (s.measured) --left_to_measure_;
  if (s.cut) return false;
  ++(s.accepted ? accepted_ : failed_);
  if (s.accepted || proven_ || stopped) return false;
  const auto w = wall_of(s);
  if (!is_hopeless(accepted_, failed_, w)) return false;
  wall_ = w;
  gave_up_ = "nothing was accepted, the last of " + std::to_string(failed_) + " attempts for: " + kind_of(s) +
             remedy_for_error(s.error);
  return true;
}

}  // namespace sluice::cli
