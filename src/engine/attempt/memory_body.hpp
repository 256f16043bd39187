// A body that the caller gave us.
#pragma once

#include "io/body.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace sluice::engine {

class memory_body final : public io::body {
 public:
  explicit memory_body(std::string_view data) : data_{data} {}
  std::uint64_t size() const noexcept override { return data_.size(); }
  piece read_ready(std::uint64_t offset, std::span<char> into) override {
    const auto n = std::min(into.size(), data_.size() - offset);
    std::memcpy(into.data(), data_.data() + offset, n);
    return {{}, n};
  }
  awaitable<void> wait_ready(std::uint64_t) override { co_return; }

 private:
  std::string_view data_;
};

}  // namespace sluice::engine
