// The key that every attempt for the same content carries: derived, never stored.
#pragma once

#include "core/files/file_identity.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::core {

/// 128 bits as a lower-case UUID (version 5, RFC 9562 §5.5) of {path, inode, size, mtime_ns}: the same after
/// a crash, another for changed content. `path` is relative to the source's root.
std::string idempotency_key(std::string_view path, const file_identity& file);

/// Makes the key of a body from memory: a UUID (version 4) from 128 random bits.
std::string random_key(std::uint64_t high, std::uint64_t low);

/// Another UUID (version 5), the same for the same key.
std::string uuid_from_key(std::string_view key);

/// A number below 2^53, the same for the same key. Not cryptographic: cheap, and two keys may share one.
std::uint64_t number_from_key(std::string_view key) noexcept;

}  // namespace sluice::core
