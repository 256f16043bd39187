// Throw-away certificates, made in this process.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace loop {

struct identity {
  std::string certificate;  ///< PEM
  std::string key;          ///< PEM
};

struct leaf {
  std::string names = "DNS:localhost,IP:127.0.0.1";  ///< subjectAltName, as OpenSSL writes it; empty: none
  long from = -3600, until = 3600;                   ///< validity, seconds from now
};

/// A certificate authority of its own, P-256.
class authority {
 public:
  authority();
  const std::string& certificate() const { return pem_; }  ///< PEM: what a client trusts
  identity issue(const leaf& what = {}) const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> self_;
  std::string pem_;
};

/// The public key of a certificate, as curl writes pins.
std::string pin_of(const identity& who);

/// A server's TLS context.
std::shared_ptr<boost::asio::ssl::context> serve_as(const identity& who);

}  // namespace loop
