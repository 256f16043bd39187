#include "core/files/seen_names.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <cstring>

namespace sluice::core {
namespace {

constexpr std::size_t table_bits = 10, first_size = 16;

}  // namespace

std::string plain_path(std::string_view path) {
  std::string plain{path.starts_with('/') ? "/" : ""};
  while (!path.empty()) {
    const auto step = path.substr(0, path.find('/'));
    path.remove_prefix(step.size() + (step.size() < path.size() ? 1 : 0));
    if (step.empty() || step == ".") continue;
    if (!plain.empty() && plain.back() != '/') plain += '/';
    plain += step;
  }
  return plain.empty() ? "." : plain;
}

bool seen_names::add(std::string_view name) {
  const auto id = boost::uuids::name_generator_sha1{boost::uuids::uuid{}}(name.data(), name.size());
  hash h{};
  static_assert(sizeof h == sizeof id.data);
  std::memcpy(h.data(), &id, sizeof h);
  if (tables_.empty()) tables_.resize(std::size_t{1} << table_bits);
  auto& t = tables_[h[1] >> 32 & (tables_.size() - 1)];
  if (3 * (t.used + 1) > 2 * t.places.size()) enlarge(t);
  const bool fresh = put(t.places, h);
  t.used += fresh ? 1 : 0;
  used_ += fresh ? 1 : 0;
  return fresh;
}

void seen_names::enlarge(table& t) {
  std::vector<hash> larger(t.places.empty() ? first_size : 2 * t.places.size());
  for (const auto& old : t.places)
    if (old != hash{}) put(larger, old);
  t.places.swap(larger);
}

/// A version is in each hash, so none is all zeros.
bool seen_names::put(std::vector<hash>& into, const hash& h) noexcept {
  for (auto at = h[0] & (into.size() - 1);; at = (at + 1) & (into.size() - 1)) {
    if (into[at] == h) return false;
    if (into[at] == hash{}) {
      into[at] = h;
      return true;
    }
  }
}

}  // namespace sluice::core
