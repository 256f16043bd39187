// Digests of bytes as they go by, with OpenSSL; crc32 with Boost.
#pragma once

#include "core/files/digests.hpp"
#include "io/asio.hpp"
#include "io/body.hpp"

#include <openssl/evp.h>

#include <array>
#include <boost/crc.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace sluice::io {

/// The algorithms, each fetched once, when it is first asked for: OpenSSL 3 searches its providers at each
/// fetch, and runs without digests need none.
class digest_methods {
 public:
  /// Whether OpenSSL has it here. A system in FIPS mode has no md5.
  bool has(core::digest_kind k) const noexcept;
  /// Null for crc32, and for one that is not here.
  const EVP_MD* operator[](core::digest_kind k) const noexcept;

 private:
  struct md_free {
    void operator()(EVP_MD* m) const noexcept { EVP_MD_free(m); }
  };
  struct known {
    bool searched = false;
    std::unique_ptr<EVP_MD, md_free> method;
  };
  mutable std::array<known, core::all_digests.size()> methods_;
};

/// Computes the digests of one run of bytes, whatever pieces they come in.
class digester {
 public:
  /// `methods` has all of `wanted`, and outlives it. Throws std::bad_alloc.
  digester(const digest_methods& methods, core::digest_set wanted);

  /// Begins anew. Throws std::bad_alloc.
  void clear();
  void add(std::span<const char> bytes) noexcept;
  /// How many bytes were added.
  std::uint64_t size() const noexcept { return size_; }
  /// The digests of all that was added; to add more, clear() comes first.
  core::digests finish();

 private:
  struct context_free {
    void operator()(EVP_MD_CTX* c) const noexcept { EVP_MD_CTX_free(c); }
  };
  using context = std::unique_ptr<EVP_MD_CTX, context_free>;

  const digest_methods& methods_;
  core::digest_set wanted_;
  std::array<context, core::all_digests.size()> contexts_;
  boost::crc_32_type crc_;
  std::uint64_t size_ = 0;
};

/// A body whose bytes are digested as they are read in order.
class digested_body final : public body {
 public:
  /// All outlive it. Throws std::bad_alloc.
  digested_body(body& of, const digest_methods& methods, core::digest_set wanted)
      : of_{of}, digester_{methods, wanted} {}

  std::uint64_t size() const noexcept override { return of_.size(); }
  bool rewinds() const noexcept override { return of_.rewinds(); }
  piece read_ready(std::uint64_t offset, std::span<char> into) override;
  awaitable<void> wait_ready(std::uint64_t offset) override { return of_.wait_ready(offset); }

  /// The digests of all bytes as they were last read from the first to the last; nothing: they were not.
  std::optional<core::digests> take();

 private:
  body& of_;
  digester digester_;
};

/// The digests of a whole body, read from its beginning. The loop is given back after each millisecond, and
/// `why_not` is asked then: an error of it ends the reading. `error` is that, or the body's: file_changed
/// when it is shorter than it was.
awaitable<core::digests> read_digests(body& of, const digest_methods& methods, core::digest_set wanted,
                                      std::function<error_code()> why_not, error_code& error);

}  // namespace sluice::io
