// A stream of bytes as the product's reader of replies hears it.
#pragma once

#include "io/net/reply_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct heard_reply {
  bool whole = false;  ///< a reply came to its end, and no error was met
  bool early = false, keep_alive = false;
  std::size_t bytes = 0;  ///< fed until then
  sluice::core::reply reply;
  sluice::error_code error;
};

/// Feeds the pieces as a connection does, then the stream's end; the first `unsent` pieces are read while
/// bytes of the request wait.
heard_reply hear(const std::vector<std::string_view>& pieces, std::size_t unsent = 0);

/// Requires what must hold of any stream: within the caps, as the model reads it, however it is split.
void require_sound(std::string_view stream, std::string_view sizes);

}  // namespace fuzz
