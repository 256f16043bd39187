#include "core/pacing/revisits.hpp"

#include <algorithm>

namespace sluice::core {

std::uint64_t revisit_id(std::size_t root, std::string_view path) noexcept {
  // FNV-1a, then MurmurHash3's finalizer.
  std::uint64_t h = 0xcbf29ce484222325 ^ (root * 0x9e3779b97f4a7c15);
  for (const char c : path) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h = (h ^ h >> 33) * 0xff51afd7ed558ccd;
  h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
  return std::max<std::uint64_t>(h ^ h >> 33, 1);
}

void revisits::failed(std::uint64_t id, steady_time now) {
  std::uint32_t failures = 1;
  if (const auto at = index_.find(id); at != index_.end()) {
    failures = std::min(heap_[at->second].failures + 1, 64u);
    take_out(at->second);
  } else if (heap_.size() >= policy_.most && !heap_.empty()) {
    take_out(0);
  }
  auto wait = std::min(policy_.again, policy_.again_most);
  for (auto n = failures; n > 1 && wait < policy_.again_most; --n)
    wait = std::min(wait * 2, policy_.again_most);
  heap_.push_back({id, now + wait, failures, walk_});
  try {
    index_[id] = static_cast<std::uint32_t>(heap_.size() - 1);
  } catch (...) {
    heap_.pop_back();
    throw;
  }
  sift(heap_.size() - 1);
}

void revisits::forget(std::uint64_t id) noexcept {
  if (const auto at = index_.find(id); at != index_.end()) take_out(at->second);
}

bool revisits::due(std::uint64_t id, steady_time now) noexcept {
  const auto at = index_.find(id);
  if (at == index_.end()) return true;
  auto& e = heap_[at->second];
  e.seen = walk_;
  return e.due <= now;
}

std::optional<steady_time> revisits::next_due() const noexcept {
  if (heap_.empty() || heap_.front().due == steady_time::max()) return std::nullopt;
  return heap_.front().due;
}

void revisits::hurry(steady_time now) noexcept {
  for (auto& e : heap_)  // the order of the entries stays
    if (e.due != steady_time::max()) e.due = std::min(e.due, now);
}

void revisits::walk_ends() {
  std::erase_if(heap_, [&](const entry& e) { return e.seen != walk_ && e.due != steady_time::max(); });
  std::ranges::make_heap(heap_, [](const entry& a, const entry& b) { return a.due > b.due; });
  index_.clear();
  for (std::size_t i = 0; i < heap_.size(); ++i) index_[heap_[i].id] = static_cast<std::uint32_t>(i);
}

void revisits::reschedule(std::uint64_t id, steady_time due) noexcept {
  const auto at = index_.find(id);
  if (at == index_.end()) return;
  heap_[at->second].due = due;
  sift(at->second);
}

void revisits::place(std::size_t at, const entry& e) noexcept {
  heap_[at] = e;
  index_.find(e.id)->second = static_cast<std::uint32_t>(at);
}

/// Moves the entry up or down, to where its due time belongs.
void revisits::sift(std::size_t at) noexcept {
  const auto e = heap_[at];
  while (at > 0 && heap_[(at - 1) / 2].due > e.due) {
    place(at, heap_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (;;) {
    auto child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
    if (heap_[child].due >= e.due) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, e);
}

void revisits::take_out(std::size_t at) noexcept {
  index_.erase(heap_[at].id);
  const auto last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) return;
  heap_[at] = last;
  sift(at);
}

}  // namespace sluice::core
