// A body that the caller reads, when the uploader asks for it.
//
//     struct zeros final : sluice::body_source {
//       std::uint64_t size() const noexcept override { return 1 << 20; }
//       void read_at(std::uint64_t, std::span<char> into, read_done done) override {
//         std::ranges::fill(into, '\0');
//         done({}, into.size());
//       }
//     };
//     auto request = sluice::upload_request::from_source(std::make_shared<zeros>(), "zeros.bin");
//     up.async_upload(std::move(request), asio::detached);
#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace sluice {

/// Bytes of a known number, read in order and asynchronously: from a database, another connection, a decoder.
/// See make_random_access_body() and make_stream_body() for what Asio can read from.
///
/// **Threads.** All members are called on the uploader's executor; `done` must be, too.
///
/// **Lifetime.** The uploader keeps it until its upload has ended; what reads for longer, because the upload
/// was cancelled meanwhile, keeps itself (as make_body.hpp's do).
class body_source {
 public:
  virtual ~body_source() = default;

  /// Bytes, the same throughout: Content-Length is sent before the first of them.
  virtual std::uint64_t size() const noexcept = 0;

  /// The outcome of a read: an error, or how many bytes.
  using read_done = std::function<void(boost::system::error_code, std::size_t)>;
  /// Reads at least one and at most `into.size()` bytes from `offset`. Calls `done` once, from within or
  /// later; `into` stays valid until then. An error ends the upload (fate deferred); 0 bytes without an error
  /// mean that there is no more than `offset`, and end it, too (fate changed).
  ///
  /// Offsets follow each other; after an attempt that failed they begin at 0 anew. One read at a time.
  virtual void read_at(std::uint64_t offset, std::span<char> into, read_done done) = 0;

  /// False: what was read cannot be read again. Then an attempt that failed after the first read was the last
  /// (errc::body_spent, or what it failed for).
  virtual bool rewindable() const noexcept { return true; }
};

}  // namespace sluice
