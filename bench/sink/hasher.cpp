#include "sink/hasher.hpp"

namespace sink {

hasher::hasher(bool all) : all_{all} {
  for (const auto* name : {"sha256", "md5", "sha1", "sha512"}) {
    methods_.push_back({name, {}, {}, {}});
    methods_.back().md.reset(EVP_MD_fetch(nullptr, name, nullptr));
    methods_.back().context.reset(EVP_MD_CTX_new());
    if (!all) break;
  }
}

void hasher::clear() noexcept {
  for (auto& m : methods_) m.digest.clear();
  crc_digest_.clear();
}

void hasher::begin() {
  for (auto& m : methods_) EVP_DigestInit_ex2(m.context.get(), m.md.get(), nullptr);
  crc_.reset();
}

void hasher::add(std::string_view bytes) {
  for (auto& m : methods_) EVP_DigestUpdate(m.context.get(), bytes.data(), bytes.size());
  if (all_) crc_.process_bytes(bytes.data(), bytes.size());
}

void hasher::finish() {
  for (auto& m : methods_) {
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    EVP_DigestFinal_ex(m.context.get(), raw, &length);
    m.digest.assign(reinterpret_cast<const char*>(raw), length);
  }
  crc_digest_.clear();
  for (int shift = 24; all_ && shift >= 0; shift -= 8)
    crc_digest_.push_back(static_cast<char>(crc_.checksum() >> shift));
}

std::string_view hasher::digest(std::string_view name) const noexcept {
  if (name == "crc32") return crc_digest_;
  for (const auto& m : methods_)
    if (m.name == name) return m.digest;
  return {};
}

}  // namespace sink
