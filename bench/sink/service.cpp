#include "sink/service.hpp"

namespace sink {

std::string to_json(const counts& c) {
  std::string out;
  const auto member = [&](const char* name, std::uint64_t v) {
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":").append(std::to_string(v));
  };
  member("requests", c.requests);
  member("accepted", c.accepted);
  member("files", c.files);
  member("bytes", c.bytes);
  member("connections", c.connections);
  member("handshakes", c.handshakes);
  member("app_bytes", c.app_bytes);
  return out.append("}\n");
}

}  // namespace sink
