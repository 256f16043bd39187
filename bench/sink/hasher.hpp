// A file's digests, computed while the file passes by.
#pragma once

#include <openssl/evp.h>

#include <boost/crc.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

class hasher {
 public:
  /// SHA-256 alone, or with `all` every digest of digest().
  explicit hasher(bool all = false);

  /// Forgets the digests of the file before.
  void clear() noexcept;
  /// Begins a file.
  void begin();
  void add(std::string_view bytes);
  /// Ends the file: digest() has its hashes from now on.
  void finish();
  /// The hash as raw bytes: `md5`, `sha1`, `sha256`, `sha512`, `crc32`; empty until finish().
  std::string_view digest(std::string_view name = "sha256") const noexcept;

 private:
  struct md_free {
    void operator()(EVP_MD* m) const noexcept { EVP_MD_free(m); }
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
  };
  struct method {
    std::string name;
    std::unique_ptr<EVP_MD, md_free> md;
    std::unique_ptr<EVP_MD_CTX, md_free> context;
    std::string digest;
  };
  std::vector<method> methods_;
  bool all_;
  boost::crc_32_type crc_;
  std::string crc_digest_;
};

}  // namespace sink
