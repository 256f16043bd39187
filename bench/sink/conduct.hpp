// The server's conduct on one connection, as the script has it: pure decisions, no IO.
#pragma once

#include "sink/script.hpp"

#include <cstdint>
#include <optional>

namespace sink {

class conduct {
 public:
  /// `rules` must outlive it.
  explicit conduct(script& rules);

  handshake_fault handshake(std::uint64_t conn);
  /// Begins a request. Until a rule is chosen for it, the conduct is that of a good server.
  void begin_request();
  /// Chooses a rule as early as the rules allow, once for each request.
  void choose(const request_facts& facts);
  /// The early reply to this request goes out: there is no second one.
  void note_early_reply() noexcept { replied_early_ = true; }

  /// The behaviour for this request.
  const behaviour& current() const noexcept { return *current_; }
  int status() const noexcept { return choice_.status; }
  /// Did a rule match?
  bool scripted() const noexcept { return choice_.what != nullptr; }

  // `taken` is the number of body bytes taken so far.
  bool early_at(std::uint64_t taken, bool file_begun) const;
  bool cut_at(std::uint64_t taken) const;
  /// The most body bytes that may be taken at once, so that a cut and an early reply come at their byte.
  std::uint64_t bytes_to_next_stop(std::uint64_t taken) const;

  // A rule also binds its connection, for as long as that lasts.
  /// Gives the bytes for an idle connection, once.
  std::optional<idle_bytes> take_idle();
  bool notifies() const noexcept { return notify_; }
  bool holds_at_end() const noexcept { return hold_at_end_; }

 private:
  script& rules_;
  script::choice choice_;
  const behaviour* current_;  // never null
  bool replied_early_ = false;
  std::optional<idle_bytes> idle_;
  bool notify_ = true, hold_at_end_ = false;
};

}  // namespace sink
