// State that all sessions share.
#pragma once

#include "sink/ledger.hpp"
#include "sink/options.hpp"
#include "sink/script.hpp"
#include "sink/script_json.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <string>

namespace sink {

struct counts {
  std::uint64_t requests = 0;     ///< requests whose head has come, or was wrong
  std::uint64_t accepted = 0;     ///< complete, and a success status was decided
  std::uint64_t files = 0;        ///< file parts received whole
  std::uint64_t bytes = 0;        ///< bytes of those files
  std::uint64_t connections = 0;  ///< accepted
  std::uint64_t handshakes = 0;   ///< TLS handshakes completed
  std::uint64_t app_bytes = 0;    ///< application bytes received
};

/// One line of JSON, its LF included.
std::string to_json(const counts& c);

struct service {
  explicit service(const options& o)
      : opt{o}, rules{o.script.empty() ? script{} : parse_script(o.script)}, log{o.ledger, o.ledger_buffer} {}

  const options& opt;
  script rules;
  ledger log;
  SSL_CTX* tls = nullptr;  ///< null: plain http
  counts count;
};

}  // namespace sink
