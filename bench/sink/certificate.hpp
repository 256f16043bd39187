// A certificate authority and a server certificate that live as long as the program does.
#pragma once

#include <string>

namespace sink {

struct certificate {
  std::string ca_pem, cert_pem, key_pem;
};

/// P-256; the server's names are DNS:localhost, IP:127.0.0.1 and IP:::1. Throws std::runtime_error.
certificate make_certificate();

}  // namespace sink
