// A job log that is a text.
#pragma once

#include "io/disk/log_reading.hpp"
#include "io/world/log_bytes.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace support {

class log_text : public sluice::io::log_bytes {
 public:
  explicit log_text(std::string text) : text_{std::move(text)} {}
  std::size_t read(std::span<char> into, sluice::error_code&) override {
    const auto n = std::min(into.size(), text_.size() - at_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
    at_ += n;
    return n;
  }
  std::uint64_t size() const noexcept override { return text_.size(); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Reads all of it in one go.
inline sluice::error_code read_log(std::unique_ptr<sluice::io::log_bytes> from,
                                   sluice::io::accepted_keys& into) {
  sluice::error_code ec;
  if (!from) return ec;
  sluice::io::log_reading reading{std::move(from), into};
  while (reading.step(ec)) {
  }
  return ec;
}

}  // namespace support
