#include "core/window/window_signal.hpp"

#include <sluice/error.hpp>

#include <boost/system/errc.hpp>

namespace sluice::core {

// The first line that fits decides, from top to bottom:
//
//   ended by us                                    other
//   accepted, or a word about this file            answered
//   429 503                                        overload
//   no reply: lost, stalled, out of time,          overload
//   no connection
//   anything else: other statuses, identity        other
window_sample::kind window_signal(const judgement& v, int status) {
  using kind = window_sample::kind;
  if (v.error == errc::stopped || v.error == boost::system::errc::operation_canceled) return kind::other;
  if (v.verdict == verdict::accepted || is_of_one_upload(v.blame)) return kind::answered;
  if (status == 429 || status == 503) return kind::overload;
  const bool silent = v.blame == blame::busy || v.blame == blame::unreachable;
  return status == 0 && silent ? kind::overload : kind::other;
}

}  // namespace sluice::core
