#include "core/files/told_queue.hpp"

#include <iterator>

namespace sluice::core {
namespace {

std::optional<told_queue::place> taken_from(std::deque<told_queue::place>& queue) {
  if (queue.empty()) return std::nullopt;
  std::optional p{std::move(queue.front())};
  queue.pop_front();
  return p;
}

}  // namespace

std::optional<told_queue::place> told_queue::next_file() { return taken_from(told_); }

bool told_queue::add_directory(place p) {
  if (new_.size() >= most_new) return false;
  new_.push_back(std::move(p));
  return true;
}

std::optional<told_queue::place> told_queue::next_directory() { return taken_from(new_); }

bool told_queue::put_off(place p, wall_time t) {
  if (young_.size() >= most_young) return false;
  young_.emplace(t, std::move(p));
  return true;
}

void told_queue::wait_to_grow(place p, wall_time t) {
  if (young_.size() < most_young || t < std::prev(young_.end())->first) young_.emplace(t, std::move(p));
  if (young_.size() > most_young) young_.erase(std::prev(young_.end()));
}

void told_queue::grow_up(wall_time now) {
  while (!young_.empty() && young_.begin()->first <= now && told_.size() < 2 * most_told)
    told_.push_back(std::move(young_.extract(young_.begin()).value().second));
}

std::optional<wall_time> told_queue::next_at() const noexcept {
  if (young_.empty()) return std::nullopt;
  return young_.begin()->first;
}

void told_queue::forget_all() noexcept {
  told_.clear();
  young_.clear();
  new_.clear();
}

}  // namespace sluice::core
