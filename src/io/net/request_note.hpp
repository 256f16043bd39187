// A request as a trace shows it: its file, and its head without secrets. Made only where somebody traces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::io {

struct request_note {
  std::uint64_t seq = 0;
  std::string path;
  unsigned attempt = 0;
  std::string head;                  ///< masked
  std::vector<std::string> secrets;  ///< a reply that repeats them is not shown as it is
};

}  // namespace sluice::io
