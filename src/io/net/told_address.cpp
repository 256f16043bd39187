#include "io/net/told_address.hpp"

#include <sluice/error.hpp>

#include <algorithm>
#include <chrono>

namespace sluice::io {

using std::chrono::steady_clock;

void told_address::begin(core::steady_time end) {
  tried_.clear();
  end_ = turn_ends_ = end;
}

awaitable<error_code> told_address::choose(asio::cancellation_slot abort) {
  chosen_.reset();
  const auto answer = co_await to_.names.resolve(abort);
  if (answer.error) co_return answer.error;
  if (answer.addresses.empty()) co_return errc::host_not_found;
  std::vector<asio::ip::tcp::endpoint> left;
  for (const auto& a : answer.addresses)
    if (const asio::ip::tcp::endpoint there{a, to_.url.port};
        std::ranges::find(tried_, there) == tried_.end())
      left.push_back(there);
  if (left.empty()) co_return error_code{asio::error::not_found};
  const auto now = steady_clock::now();
  chosen_ = to_.via->endpoints.ranked(left, false, now).front();
  turn_ends_ = left.size() > 1 ? now + (end_ - now) / 2 : end_;
  co_return error_code{};
}

std::string told_address::text() const {
  auto text = chosen_->address().to_string();
  text.resize(std::min(text.size(), text.find('%')));
  return text;
}

void told_address::failed() {
  if (!chosen_) return;
  to_.via->endpoints.failed(*chosen_, steady_clock::now());
  tried_.push_back(*chosen_);
  chosen_.reset();
}

void told_address::worked() {
  if (chosen_) to_.via->endpoints.worked(*chosen_);
}

}  // namespace sluice::io
