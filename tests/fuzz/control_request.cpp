// Requests over the control socket: a request is obeyed or answered with one safe line, and one that was
// obeyed means the same when it is sent again.
#include "cli/watch/control_request.hpp"
#include "fuzz.hpp"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line{reinterpret_cast<const char*>(data), size};
  std::string problem;
  const auto r = cli::parse_request_line(line, problem);
  fuzz::require(r.has_value() == problem.empty(), "obeyed, or told why not");
  if (!r) {
    fuzz::require(fuzz::is_one_safe_line(problem), "a problem is one line");
    const auto reply = cli::reply_line(problem);
    fuzz::require(reply.find('\n') == std::string::npos && reply.size() < 64 * 1024, "and so is its reply");
    return 0;
  }
  fuzz::require(r->window.is_automatic() || r->window.size() > 0, "a window lets something through");
  fuzz::require(r->requests_per_second >= 0, "a rate is no debt");
  return 0;
}
