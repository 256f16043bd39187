#include "load.hpp"

#include <utility>

namespace sluice::cli {
namespace {

constexpr std::size_t offsets = 64 * 1024;  ///< places in the noise where a body may begin

}  // namespace

load::load(size_range sizes) : size_{sizes.least, sizes.most} {
  noise_.resize(sizes.most + offsets);
  for (auto& c : noise_) c = static_cast<char>(random_());
}

load::load(std::filesystem::path directory, std::vector<std::string> names)
    : directory_{std::move(directory)}, names_{std::move(names)} {}

upload_request load::next() {
  const auto n = turn_++;
  if (!names_.empty())
    return upload_request{directory_ / names_[n % names_.size()]}.on_success(disposal::keep());
  const auto size = size_(random_);
  return upload_request::from_memory(noise_.substr(random_() % offsets, size),
                                     "bench-" + std::to_string(n + 1) + ".bin");
}

}  // namespace sluice::cli
