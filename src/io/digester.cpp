#include "io/digester.hpp"

#include <sluice/error.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <new>
#include <utility>
#include <vector>

namespace sluice::io {
namespace {

using core::digest_kind;

/// So many bytes are read and digested between two looks at the clock: a tenth of a millisecond.
constexpr std::size_t step = 64 * 1024;
constexpr std::chrono::milliseconds turn{1};

const char* name_of(digest_kind k) noexcept {
  switch (k) {
    case digest_kind::md5:
      return "MD5";
    case digest_kind::sha1:
      return "SHA1";
    case digest_kind::sha256:
      return "SHA256";
    case digest_kind::sha512:
      return "SHA512";
    case digest_kind::crc32:
      break;
  }
  return nullptr;
}

}  // namespace

const EVP_MD* digest_methods::operator[](digest_kind k) const noexcept {
  auto& known = methods_[static_cast<std::size_t>(k)];
  const char* const name = name_of(k);
  if (name == nullptr || std::exchange(known.searched, true)) return known.method.get();
  ERR_set_mark();  // a method that is missing is no error of anybody's
  known.method.reset(EVP_MD_fetch(nullptr, name, nullptr));
  ERR_pop_to_mark();
  return known.method.get();
}

bool digest_methods::has(digest_kind k) const noexcept {
  return k == digest_kind::crc32 || (*this)[k] != nullptr;
}

digester::digester(const digest_methods& methods, core::digest_set wanted)
    : methods_{methods}, wanted_{wanted} {
  for (const auto k : core::all_digests) {
    if (!wanted_.contains(k) || methods_[k] == nullptr) continue;
    auto& c = contexts_[static_cast<std::size_t>(k)];
    c.reset(EVP_MD_CTX_new());
    if (!c) throw std::bad_alloc{};
  }
  clear();
}

void digester::clear() {
  crc_.reset();
  size_ = 0;
  for (const auto k : core::all_digests)
    if (const auto& c = contexts_[static_cast<std::size_t>(k)])
      if (EVP_DigestInit_ex2(c.get(), methods_[k], nullptr) != 1) throw std::bad_alloc{};
}

void digester::add(std::span<const char> bytes) noexcept {
  for (const auto& c : contexts_)
    if (c) EVP_DigestUpdate(c.get(), bytes.data(), bytes.size());
  if (wanted_.contains(digest_kind::crc32)) crc_.process_bytes(bytes.data(), bytes.size());
  size_ += bytes.size();
}

core::digests digester::finish() {
  core::digests all;
  for (const auto k : core::all_digests) {
    const auto& c = contexts_[static_cast<std::size_t>(k)];
    if (!c) continue;
    std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
    unsigned length = 0;
    EVP_DigestFinal_ex(c.get(), value.data(), &length);
    all[k].assign(reinterpret_cast<const char*>(value.data()), length);
  }
  if (wanted_.contains(digest_kind::crc32))
    for (int shift = 24; shift >= 0; shift -= 8)
      all[digest_kind::crc32] += static_cast<char>(crc_.checksum() >> static_cast<unsigned>(shift));
  return all;
}

body::piece digested_body::read_ready(std::uint64_t offset, std::span<char> into) {
  if (offset == 0 && digester_.size() > 0) digester_.clear();
  const auto p = of_.read_ready(offset, into);
  if (!p.error && offset == digester_.size()) digester_.add(into.first(p.size));
  return p;
}

std::optional<core::digests> digested_body::take() {
  if (digester_.size() != of_.size()) return std::nullopt;
  return digester_.finish();
}

awaitable<core::digests> read_digests(body& of, const digest_methods& methods, core::digest_set wanted,
                                      std::function<error_code()> why_not, error_code& error) {
  digester d{methods, wanted};
  const auto size = of.size();
  std::vector<char> buffer(std::min<std::uint64_t>(size, step));
  auto turn_ends = std::chrono::steady_clock::now() + turn;
  while (d.size() < size) {
    if (std::chrono::steady_clock::now() > turn_ends) {
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      turn_ends = std::chrono::steady_clock::now() + turn;
    }
    if ((error = why_not())) co_return core::digests{};
    const auto want = std::min<std::uint64_t>(buffer.size(), size - d.size());
    const auto p = of.read_ready(d.size(), std::span{buffer}.first(want));
    if (p.error == asio::error::would_block) {
      co_await of.wait_ready(d.size());
      turn_ends = std::chrono::steady_clock::now() + turn;
      continue;
    }
    if (p.error || p.size == 0) {
      error = p.error ? p.error : error_code{errc::file_changed};
      co_return core::digests{};
    }
    d.add(std::span{buffer}.first(p.size));
  }
  co_return d.finish();
}

}  // namespace sluice::io
