// A second reader of HTTP replies (RFC 9112): all bytes at once, no caps, nothing shared with the first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fuzz {

struct modelled_reply {
  int status = 0;
  bool framed = false;
  std::string body;
  std::size_t interims = 0;
  std::size_t largest_head = 0;  ///< bytes, the empty line included
  std::size_t final_at = 0;      ///< where the final reply begins
  std::size_t end = 0;           ///< where it ends
};

/// The result is empty for what is no complete reply. The model forgives more than a client may: a reply that
/// it does not know, or knows with another body, must not be accepted by anybody.
std::optional<modelled_reply> read_reply(std::string_view stream);

}  // namespace fuzz
