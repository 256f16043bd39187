#include "history.hpp"

namespace sluice::cli {

std::uint64_t history::step_at(clock::time_point now) {
  if (!began_) began_ = now;
  return static_cast<std::uint64_t>((now - *began_) / step);
}

/// Begins step `number`, and leaves gaps for those nobody sampled: after a suspended night, all of them.
void history::open(std::uint64_t number) {
  if (!points_.empty() && number - last() > most) points_.clear();
  if (points_.empty()) first_ = number;
  while (points_.empty() || last() < number) points_.emplace_back();
  while (points_.size() > most) points_.pop_front(), ++first_;
  points_.back().emplace();
  samples_ = 0;
}

void history::add(clock::time_point now, const history_point& sample) {
  const auto number = step_at(now);
  if (points_.empty() || number > last()) open(number);
  auto& p = *points_.back();
  ++samples_;
  const auto mean = [&](double& of, double value) { of += (value - of) / static_cast<double>(samples_); };
  mean(p.files_per_second, sample.files_per_second);
  mean(p.bytes_per_second, sample.bytes_per_second);
  p.backlog = sample.backlog;
}

}  // namespace sluice::cli
