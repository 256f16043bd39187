#include "core/http/idempotency_key.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace sluice::core {
namespace {

using boost::uuids::uuid;

// Changing one of them changes every key: an upload repeated across that upgrade would be taken for a new
// one.
constexpr uuid file_namespace{
    {0x9c, 0x1e, 0x5a, 0x27, 0x6b, 0x0d, 0x4f, 0x83, 0xa4, 0x52, 0x1f, 0xd8, 0x73, 0xc6, 0x0b, 0xee}};
constexpr uuid uuid_namespace{
    {0x2f, 0x84, 0xb1, 0x60, 0xd9, 0x37, 0x4c, 0x1a, 0x8e, 0x05, 0x6d, 0x92, 0xfa, 0x4b, 0x17, 0xc3}};

uuid hash(const uuid& space, std::string_view bytes) noexcept {
  return boost::uuids::name_generator_sha1{space}(bytes.data(), bytes.size());
}

using encoding = boost::container::small_vector<char, 256>;

/// Eight bytes, most significant first.
void append(encoding& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

std::string idempotency_key(std::string_view path, const file_identity& file) {
  // Numbers of fixed width first, the path last: no two inputs have the same encoding.
  encoding bytes;
  append(bytes, file.inode);
  append(bytes, file.size);
  append(bytes, static_cast<std::uint64_t>(file.mtime_ns));
  bytes.insert(bytes.end(), path.begin(), path.end());
  return to_string(hash(file_namespace, {bytes.data(), bytes.size()}));
}

std::string random_key(std::uint64_t high, std::uint64_t low) {
  uuid id{};
  for (unsigned i = 0; i < 8; ++i) {
    id.data[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.data[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0f) | 0x40);  // version 4
  id.data[8] = static_cast<std::uint8_t>((id.data[8] & 0x3f) | 0x80);  // RFC 9562's variant
  return to_string(id);
}

std::string uuid_from_key(std::string_view key) { return to_string(hash(uuid_namespace, key)); }

std::uint64_t number_from_key(std::string_view key) noexcept {
  // FNV-1a, then MurmurHash3's finalizer: the low bits of FNV-1a alone are poor.
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
  return (h ^ h >> 33) >> 11;  // 53 bits: what a JavaScript number holds
}

}  // namespace sluice::core
