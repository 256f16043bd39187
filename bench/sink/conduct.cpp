#include "sink/conduct.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace sink {
namespace {

const behaviour good{};
constexpr auto no_stop = std::numeric_limits<std::uint64_t>::max();

}  // namespace

conduct::conduct(script& rules) : rules_{rules}, current_{&good} {}

handshake_fault conduct::handshake(std::uint64_t conn) {
  const auto fault = rules_.handshake(conn);
  if (fault == handshake_fault::fail) notify_ = false;
  return fault;
}

void conduct::begin_request() {
  choice_ = {nullptr, 200, false};
  current_ = &good;
  replied_early_ = false;
}

void conduct::choose(const request_facts& facts) {
  if (choice_.settled) return;
  choice_ = rules_.choose(facts);
  if (!choice_.settled || !choice_.what) return;
  current_ = choice_.what;
  idle_ = current_->idle;
  if (current_->no_close_notify) notify_ = false;
  if (current_->ignore_close_notify) hold_at_end_ = true;
}

bool conduct::early_at(std::uint64_t taken, bool file_begun) const {
  if (replied_early_) return false;
  switch (current_->when) {
    case early::no:
      return false;
    case early::headers:
      return true;
    case early::part:
      return file_begun;
    case early::bytes:
      return taken >= current_->early_bytes;
  }
  return false;
}

bool conduct::cut_at(std::uint64_t taken) const {
  return current_->cut_request_after && taken >= *current_->cut_request_after;
}

std::uint64_t conduct::bytes_to_next_stop(std::uint64_t taken) const {
  const auto left = [&](std::uint64_t stop) { return stop > taken ? stop - taken : no_stop; };
  auto n = no_stop;
  if (current_->cut_request_after) n = std::min(n, left(*current_->cut_request_after));
  if (current_->when == early::bytes && !replied_early_) n = std::min(n, left(current_->early_bytes));
  return n;
}

std::optional<idle_bytes> conduct::take_idle() { return std::exchange(idle_, std::nullopt); }

}  // namespace sink
