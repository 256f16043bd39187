// One request's body on its way in: read strictly, hashed, stored, and never kept.
#pragma once

#include "sink/multipart_reader.hpp"
#include "sink/script.hpp"
#include "sink/store.hpp"

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

class intake {
 public:
  /// `directory` empty: nothing is stored.
  intake(bool hash, std::string directory);

  /// Begins request `n`.
  void begin(std::uint64_t n, std::string_view content_type);
  /// Takes a piece of the body, all of it or up to where the file's content begins, so that the caller may
  /// think; false: malformed, see reason().
  bool take(std::string_view& piece);
  /// The body has ended; false: malformed.
  bool finish();
  /// Names the stored file; empty when none is stored.
  std::string_view commit();

  bool file_begun() const noexcept { return file_begun_; }
  bool file_whole() const noexcept { return file_whole_; }
  std::string_view name() const noexcept {
    return file_begun_ ? reader_.part().filename : std::string_view{};
  }
  std::string_view type() const noexcept { return file_begun_ ? reader_.part().type : std::string_view{}; }
  std::uint64_t size() const noexcept { return size_; }
  /// SHA-256, raw; empty until the file is whole.
  std::string_view digest() const noexcept { return digest_; }
  const std::vector<name_value>& fields() const noexcept { return fields_; }
  const char* reason() const noexcept { return reason_; }

 private:
  struct md_free {
    void operator()(EVP_MD* m) const noexcept { EVP_MD_free(m); }
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
  };
  void end_file();

  std::unique_ptr<EVP_MD, md_free> sha256_;
  std::unique_ptr<EVP_MD_CTX, md_free> hash_;
  std::string directory_;
  multipart_reader reader_;
  std::optional<stored_file> file_;
  std::vector<name_value> fields_;
  std::string digest_, stored_;
  std::uint64_t n_ = 0, size_ = 0;
  bool file_begun_ = false, file_whole_ = false;
  const char* reason_ = "";
};

}  // namespace sink
