// The command line, checked.
#pragma once

#include "sink/loop.hpp"
#include "sink/usage_error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sink {

enum class tls_version { v1_0, v1_1, v1_2, v1_3 };

struct options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one
  bool http = false;
  std::string tls_dir;  ///< empty: a temporary directory
  std::string cert_file, key_file, client_ca_file;
  std::optional<tls_version> tls_min, tls_max;
  std::string ledger = "none";
  bool ledger_buffer = false;
  bool hash = true;
  bool raw = false;           ///< every body is the file, whatever its method
  bool digests = false;       ///< replies say the digests of what was received
  std::uint64_t falsify = 0;  ///< so many of these replies have one with wrong digests; 0: none
  std::string store;          ///< a directory that exists; empty: nothing is stored
  std::string key_header = "idempotency-key";
  std::string script;  ///< JSON; empty: none
  milliseconds accept_delay{0};
  std::uint64_t max_connections = 0;  ///< connections served at once; 0: any number
  milliseconds keepalive_timeout{0};  ///< 0: never
  std::uint64_t max_requests_per_connection = 0;
  int receive_buffer = 0;  ///< bytes; 0: the system's
};

/// The result is empty when help was asked for and has been printed. Throws usage_error.
std::optional<options> parse_options(int argc, const char* const* argv);

}  // namespace sink
