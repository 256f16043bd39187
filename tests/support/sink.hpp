// sluice-sink as a child process, told what to do wrong by a script (docs/sink.md).
#pragma once

#include "support/files.hpp"
#include "support/process.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace support {

class sink {
 public:
  /// `rules` is the script's list, e.g. `[{"status": [503, 200]}]`; `arguments` go to the program.
  explicit sink(const std::string& rules = "[]", std::vector<std::string> arguments = {});

  const std::string& url() const noexcept { return url_; }
  const std::string& ca() const noexcept { return ca_; }  ///< empty without TLS

  /// A line per request so far, in the order they came to their end. `name` holds the raw bytes.
  struct received {
    std::string name, sha256, key, verdict;
    std::uint64_t n = 0, conn = 0, size = 0;
    std::int64_t t_ms = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    nlohmann::json line;  ///< all of it
    std::string field(const std::string& name) const;
  };
  std::vector<received> ledger() const;
  /// How many requests have come to their end.
  std::size_t requests() const;
  /// SIGSTOP makes it one that hangs.
  void signal(int number) const { process_.signal(number); }
  /// Ends it; what it counted: connections, handshakes, requests, app_bytes, …
  const nlohmann::json& stop();

 private:
  scratch room_;
  process process_;
  std::string url_, ca_;
  nlohmann::json counts_;
};

}  // namespace support
